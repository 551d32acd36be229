"""How many accepted writes wait to be committed: Pub/Sub's own count, or the table of the queue when embedded."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Backlog:
    """Messages that no consumer has acknowledged, their bytes, and the age of the oldest in seconds."""

    messages: int
    size_bytes: int
    oldest_s: float


class WriteBacklog(Protocol):
    """Measures the subscription through which writes are committed."""

    def measure(self) -> Backlog:
        """What waits now, or a few minutes ago where others measure it.

        Raises:
            DependencyUnavailable: it cannot be told.
        """
        ...
