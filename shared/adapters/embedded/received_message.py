"""A message as a subscription delivers it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class ReceivedMessage:
    """What Pub/Sub tells a consumer. `delivery_attempt` counts from 1."""

    message_id: str
    topic: str
    data: bytes
    attributes: Mapping[str, str]
    ordering_key: str
    published_at: datetime
    delivery_attempt: int
