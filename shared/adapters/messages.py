"""What a message may be: Pub/Sub's limits, which every publisher holds to.

Source: cloud.google.com/pubsub/quotas, "Resource limits" (July 2025).
"""

from typing import Final

from shared.ports.publisher import Message

MAX_REQUEST_BYTES: Final = 10_000_000
MAX_REQUEST_MESSAGES: Final = 1_000
MAX_ATTRIBUTES: Final = 100
MAX_ATTRIBUTE_NAME_BYTES: Final = 256
MAX_ATTRIBUTE_BYTES: Final = 1_024
MAX_ORDERING_KEY_BYTES: Final = 1_024


def message_size_bytes(message: Message) -> int:
    """What a message takes of a publish request, its framing included generously."""
    attributes = sum(len(name.encode()) + len(value.encode()) + 8 for name, value in message.attributes.items())
    return len(message.data) + len(message.ordering_key.encode()) + attributes + 32


def check_message(message: Message) -> None:
    """Refuse a message that Pub/Sub would refuse.

    Raises:
        ValueError: it says what is too large, or that the message is empty.
    """
    if not message.topic:
        raise ValueError("message has no topic")
    if not message.data and not message.attributes:
        raise ValueError(f"message to {message.topic!r} has neither data nor attributes")
    if message_size_bytes(message) > MAX_REQUEST_BYTES:
        raise ValueError(f"message to {message.topic!r} has more than {MAX_REQUEST_BYTES:,} bytes")
    if len(message.ordering_key.encode()) > MAX_ORDERING_KEY_BYTES:
        raise ValueError(f"ordering key {message.ordering_key[:50]!r} has more than {MAX_ORDERING_KEY_BYTES} bytes")
    if len(message.attributes) > MAX_ATTRIBUTES:
        raise ValueError(f"message to {message.topic!r} has {len(message.attributes)} attributes")
    for name, value in message.attributes.items():
        if not 0 < len(name.encode()) <= MAX_ATTRIBUTE_NAME_BYTES or len(value.encode()) > MAX_ATTRIBUTE_BYTES:
            raise ValueError(f"attribute {name[:50]!r} of a message to {message.topic!r} is too long or has no name")
