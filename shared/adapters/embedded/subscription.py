"""What a subscription promises its consumer: Pub/Sub's own settings."""

from dataclasses import dataclass


@dataclass(frozen=True)
class SubscriptionConfig:
    """One consumer of a topic.

    A delivery that is not settled within `ack_deadline_s` is made again. One that fails is made again after
    `min_backoff_s`, doubling up to `max_backoff_s`. After `max_delivery_attempts` the message moves to
    `dead_letter_topic`; without such a topic it is tried for ever. With `ordered`, the messages of one
    ordering key are delivered one at a time, in the order of publishing: one that fails holds back its key.
    """

    name: str
    topic: str
    ordered: bool = False
    ack_deadline_s: float = 60.0
    min_backoff_s: float = 10.0
    max_backoff_s: float = 600.0
    max_delivery_attempts: int = 10
    dead_letter_topic: str | None = None

    def backoff_s(self, attempt: int) -> float:
        """How long to wait after failed attempt number `attempt`, from 1."""
        return float(min(self.max_backoff_s, self.min_backoff_s * 2 ** min(attempt - 1, 30)))

    def is_spent(self, attempts: int) -> bool:
        """Whether a message that was delivered `attempts` times goes to the dead-letter topic."""
        return self.dead_letter_topic is not None and attempts >= self.max_delivery_attempts
