"""Dead letters of this machine's queue by when they were parked; those that were delivered again count no more."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from shared.adapters.embedded.broker import SqliteBroker
from shared.adapters.embedded.dead_letters import DeadLetter
from shared.ports.failure_counts import Failures
from shared.ports.publisher import Publisher


class QueuedFailureCounts:
    """Of a queue that keeps its dead letters. Breakers are counted since the start alone: /metrics has them."""

    def __init__(self, publisher: Publisher, topics: Iterable[str]) -> None:
        self._queue = publisher if isinstance(publisher, SqliteBroker) else None
        self._topics = tuple(topics)

    def between(self, begin: datetime, end: datetime) -> Failures:
        """As the port; nothing is counted of a queue elsewhere, as on emulators."""
        if self._queue is None:
            return Failures(None, None)
        letters = (letter for topic in self._topics for letter in self._queue.dead_letters(topic))
        counted = Counter(_gave_up(one) for one in letters if begin <= one.dead_lettered_at < end)
        return Failures(None, dict(counted))


def _gave_up(letter: DeadLetter) -> str:
    return letter.subscription or letter.message.attributes.get("swell-parked-by", "unknown")
