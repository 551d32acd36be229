"""A publisher that delivers nothing: the test takes what was published."""

import threading
from collections.abc import Sequence

from shared.adapters.messages import check_message
from shared.ports.publisher import Message


class RecordingPublisher:
    """Keeps messages in the order of publishing. Safe to use from several threads."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self._guard = threading.Lock()

    def publish(self, messages: Sequence[Message]) -> None:
        """As the port."""
        for message in messages:
            check_message(message)
        with self._guard:
            self.messages.extend(messages)

    def take(self, topic: str) -> list[Message]:
        """The messages published to a topic since the last take."""
        with self._guard:
            taken = [message for message in self.messages if message.topic == topic]
            self.messages = [message for message in self.messages if message.topic != topic]
        return taken
