"""What failed on this machine: dead letters by when they were parked, and breakers by when they opened."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from shared.adapters.embedded.broker import SqliteBroker
from shared.adapters.embedded.dead_letters import DeadLetter
from shared.ports.failure_counts import Failures
from shared.ports.publisher import Publisher
from shared.resilience.openings import openings_between


class LocalFailureCounts:
    """Dead letters of this machine's queue, where it has one; those that were delivered again count no more.

    Breakers of all processes that keep their openings in one directory, where they do.
    """

    def __init__(self, publisher: Publisher, topics: Iterable[str], openings: Path | None = None) -> None:
        self._openings = openings
        self._queue = publisher if isinstance(publisher, SqliteBroker) else None
        self._topics = tuple(topics)

    def between(self, begin: datetime, end: datetime) -> Failures:
        """As the port."""
        breakers = None if self._openings is None else openings_between(self._openings, begin, end)
        return Failures(breakers, self._dead_letters(begin, end))

    def _dead_letters(self, begin: datetime, end: datetime) -> dict[str, int] | None:
        if self._queue is None:
            return None
        letters = (letter for topic in self._topics for letter in self._queue.dead_letters(topic))
        return dict(Counter(_gave_up(one) for one in letters if begin <= one.dead_lettered_at < end))


def _gave_up(letter: DeadLetter) -> str:
    return letter.subscription or letter.message.attributes.get("swell-parked-by", "unknown")
