"""Compare-and-set against other writers: lose a race, look again, try again, within bounds."""

from collections.abc import Callable
from typing import Final, TypeVar

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from shared.errors import RevisionConflict

T = TypeVar("T")

ATTEMPTS: Final = 12


class LostRace(Exception):  # noqa: N818 - an outcome to decide on
    """The head moved on before this version could take its place; nothing of it is visible."""


def retry_lost_races(attempt: Callable[[], T], what: str) -> T:
    """The first attempt's result that does not raise `LostRace`; pauses grow from 5 ms to 0.5 s, with jitter.

    Raises:
        RevisionConflict: other writers won every time; redelivery tries again.
    """
    retrying = Retrying(
        retry=retry_if_exception_type(LostRace),
        stop=stop_after_attempt(ATTEMPTS),
        wait=wait_random_exponential(multiplier=0.005, max=0.5),
        reraise=True,
    )
    try:
        return retrying(attempt)
    except LostRace:
        raise RevisionConflict(f"{what}: lost {ATTEMPTS} races against other writers") from None
