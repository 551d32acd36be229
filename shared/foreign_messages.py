"""Messages in the form of somebody else who publishes to a topic of ours, such as Cloud Billing: no CloudEvents."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from shared.errors import MalformedEvent
from shared.outcomes import Outcome

PUBLISHED_ID: Final = "ce-id"
PUBLISHED_AT: Final = "ce-time"
"""Where an envelope has the id and the time that Pub/Sub gave a message."""


@dataclass(frozen=True)
class ForeignMessage:
    """What was published, and when."""

    data: bytes
    attributes: Mapping[str, str]
    published_at: datetime


@dataclass(frozen=True)
class ForeignContract:
    """One kind of such messages: how it is told, read and taken.

    `kind` is its name in logs and metrics. A message is one if it has the attribute `marked_by` and is no CloudEvent.
    `read` raises ValueError for what does not meet the other's schema; such a message is parked.
    """

    kind: str
    topic: str
    marked_by: str
    read: Callable[[ForeignMessage], Any]
    handle: Callable[[Any], Outcome]

    def is_meant(self, attributes: Mapping[str, str]) -> bool:
        """Whether a message with these attributes is of this kind."""
        return "ce-type" not in attributes and self.marked_by in attributes

    def take(self, data: bytes, attributes: Mapping[str, str], envelope: Mapping[str, str]) -> Outcome:
        """Read one and hand it over.

        Raises:
            MalformedEvent: it does not meet the schema, or nobody says when it was published.
        """
        try:
            published_at = datetime.fromisoformat(envelope[PUBLISHED_AT])
            read = self.read(ForeignMessage(data, attributes, published_at))
        except (KeyError, ValueError) as error:
            raise MalformedEvent(f"{self.kind}: {error}") from error
        return self.handle(read)
