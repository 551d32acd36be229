"""Compare-and-set against others: lose a race, look again, try again, within bounds."""

import time
from collections.abc import Callable
from typing import Final, TypeVar

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from shared.errors import RevisionConflict
from shared.ports.state import Document, PreconditionFailed

T = TypeVar("T")

ATTEMPTS: Final = 12

pause: Callable[[float], None] = time.sleep
"""How this module waits; a simulation, in which no time passes, replaces it."""


class LostRace(Exception):  # noqa: N818 - an outcome to decide on
    """Another wrote first; nothing of this attempt was written."""


def retry_lost_races(attempt: Callable[[], T], what: str) -> T:
    """The first result that is not a lost race; an attempt reads anew. Pauses grow from 5 ms to 0.5 s, with jitter.

    A refused write can be our own that succeeded while its answer was lost: an attempt must recognise what it
    finds as its own work, by a name that only it uses.

    Raises:
        RevisionConflict: others won every time; trying again later can succeed.
    """
    retrying = Retrying(
        retry=retry_if_exception_type((LostRace, PreconditionFailed)),
        stop=stop_after_attempt(ATTEMPTS),
        wait=wait_random_exponential(multiplier=0.005, max=0.5),
        sleep=pause,
        reraise=True,
    )
    try:
        return retrying(attempt)
    except (LostRace, PreconditionFailed) as error:
        raise RevisionConflict(f"{what}: lost {ATTEMPTS} races against others") from error


def version_of(document: Document | None) -> str | None:
    """The version to compare with, of a document that is there."""
    return document.version if document is not None else None
