"""What every event has: identity set by its producer, a type with a version, a topic, a greatest age."""

from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID, uuid5

from pydantic import AwareDatetime, BaseModel, ConfigDict

_NAMESPACE = UUID("6ba57bd0-6c1c-5c0e-9d0e-5b1b7c0a5e11")


def event_id_of(*business_key: str | int) -> str:
    """A deterministic event id: the same fact, published again, has the same id."""
    return str(uuid5(_NAMESPACE, "\x1f".join(str(part) for part in business_key)))


class EventPart(BaseModel):
    """Part of the data of an event. Consumers ignore fields they do not know."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Event(EventPart):
    """A fact that happened. Consumers ignore fields they do not know; producers are strict.

    A compatible change adds an optional field; anything else is a new class with a new type.
    """

    type: ClassVar[str]
    topic: ClassVar[str]
    source: ClassVar[str]
    max_age: ClassVar[timedelta] = timedelta(days=7)

    event_id: str
    """The same fact, published again, has the same id (attribute `ce-id`)."""
    occurred_at: AwareDatetime
    """When it happened (attribute `ce-time`)."""

    @property
    def ordering_key(self) -> str:
        """Messages of one key are delivered in order where nothing fails. Empty: no order."""
        return ""

    def body(self) -> dict[str, Any]:
        """The JSON data of the event; identity and time travel as CloudEvents attributes."""
        return self.model_dump(mode="json", exclude={"event_id", "occurred_at"}, exclude_defaults=True)


class Tick(Event):
    """A moment has come, says a schedule of topology.yaml. Whoever takes it looks for what there is to do.

    Ticks carry nothing, and one replaces another: one that is too old is dropped, not parked.
    Cloud Scheduler publishes the same attributes every time, so a tick may come without identity and time;
    those of its Pub/Sub message stand in, which no other event may do: published again, it would be a new one.
    """

    max_age: ClassVar[timedelta] = timedelta(minutes=10)
