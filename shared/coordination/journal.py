"""A topic with history: numbered entries that can be read again from any point, for as long as they are kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from shared.coordination.paths import journal_document, journal_entries
from shared.coordination.races import retry_lost_races
from shared.ports.clock import Clock
from shared.ports.state import ABSENT, Put, StateStore

KEPT_FOR: Final = timedelta(days=7)
"""As long as Pub/Sub can keep a message."""


@dataclass(frozen=True)
class Entry:
    """What was said, and when."""

    number: int
    at: datetime
    said: Mapping[str, Any]


class Journal:
    """One journal. Numbers begin at 1 and have no gaps: who has read up to one asks for those after it.

    Appending compares and sets the last number, so a journal takes a few entries a second, not thousands.
    """

    def __init__(self, state: StateStore, clock: Clock, name: str) -> None:
        self._state = state
        self._clock = clock
        self._name = name

    def append(self, said: Mapping[str, Any]) -> int:
        """Say something; returns its number.

        Raises:
            RevisionConflict: others kept writing.
        """
        stamp = uuid4().hex
        return retry_lost_races(lambda: self._try_append(said, stamp), f"journal {self._name}")

    def after(self, number: int, limit: int = 100) -> list[Entry]:
        """What was said after an entry, in order; entries that are no longer kept are left out."""
        found = self._state.list(journal_entries(self._name), after=_id(number), limit=limit)
        return [
            Entry(int(document.id), datetime.fromisoformat(document.data["at"]), document.data["said"])
            for document in found
        ]

    def _try_append(self, said: Mapping[str, Any], stamp: str) -> int:
        document = self._state.get(journal_document(self._name))
        last, last_stamp = (document.data["last"], document.data["stamp"]) if document is not None else (0, "")
        if last_stamp == stamp:  # our own success, whose answer was lost
            return int(last)
        now, number = self._clock.now(), last + 1
        entry = Put(
            f"{journal_entries(self._name)}/{_id(number)}",
            {"at": now.isoformat(), "said": dict(said)},
            expires_at=now + KEPT_FOR,
        )
        condition = ABSENT if document is None else document.version
        counter = Put(journal_document(self._name), {"last": number, "stamp": stamp}, if_version=condition)
        self._state.commit([counter, entry])
        return number


def _id(number: int) -> str:
    """Ordered as numbers are."""
    return f"{number:012d}"
