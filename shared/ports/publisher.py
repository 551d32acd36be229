"""Publishing messages: Pub/Sub, or the SQLite broker when embedded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True)
class Message:
    """A Pub/Sub message. Messages of one non-empty ordering key are delivered in order where nothing fails."""

    topic: str
    data: bytes
    attributes: Mapping[str, str] = field(default_factory=dict)
    ordering_key: str = ""


class Publisher(Protocol):
    """Hands messages to the broker."""

    def publish(self, messages: Sequence[Message]) -> None:
        """Return when every message is durable; delivery is at least once.

        Raises:
            DependencyUnavailable: the broker did not take all of them; some may have been taken.
        """
        ...
