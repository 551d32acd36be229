"""Events to and from Pub/Sub messages: CloudEvents binary mode.

Source: CloudEvents Pub/Sub protocol binding 3.1 (attributes `ce-*`, the body is the data).
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import orjson
from pydantic import ValidationError

from shared.errors import MalformedEvent
from shared.events.event import Event, Tick
from shared.events.registry import EVENTS
from shared.ports.publisher import Message

_NO_ENVELOPE: Final[Mapping[str, str]] = {}


def to_message(event: Event) -> Message:
    """The message that carries an event."""
    return Message(
        topic=event.topic,
        data=orjson.dumps(event.body()),
        attributes={
            "ce-specversion": "1.0",
            "ce-id": event.event_id,
            "ce-type": event.type,
            "ce-source": event.source,
            "ce-time": event.occurred_at.isoformat(),
            "content-type": "application/json",
        },
        ordering_key=event.ordering_key,
    )


def from_message(data: bytes, attributes: Mapping[str, str], envelope: Mapping[str, str] = _NO_ENVELOPE) -> Event:
    """The event that a message carries. `envelope` has what stands in for attributes that a tick may lack.

    Raises:
        MalformedEvent: an attribute is missing, the type is unknown, or the body does not meet the contract.
    """
    contract = EVENTS.get(attributes.get("ce-type", ""))
    if contract is not None and issubclass(contract, Tick):
        attributes = {**envelope, **attributes}
    missing = [name for name in ("ce-id", "ce-type", "ce-time") if name not in attributes]
    if missing:
        raise MalformedEvent(f"message has no attribute {', '.join(missing)}")
    if contract is None:
        raise MalformedEvent(f"unknown event type {attributes['ce-type']!r}")
    try:
        body = orjson.loads(data)
        return contract.model_validate(
            {
                **body,
                "event_id": attributes["ce-id"],
                "occurred_at": datetime.fromisoformat(attributes["ce-time"]),
            }
        )
    except (ValidationError, orjson.JSONDecodeError, TypeError, ValueError) as error:
        raise MalformedEvent(f"{contract.type}: {error}") from error
