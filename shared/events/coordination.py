"""What members tell each other of what they agree on. Each is also in the state store, where nothing is lost."""

from datetime import timedelta
from typing import ClassVar, Literal

from shared.events.event import Event


class BallotOpenedV1(Event):
    """A ballot has been opened; those whom it asks vote now, and not only at their next tick."""

    type: ClassVar[str] = "dev.swell.coordination.ballot_opened.v1"
    topic: ClassVar[str] = "coordination"
    source: ClassVar[str] = "//swell.dev/functions/coordination"
    max_age: ClassVar[timedelta] = timedelta(days=1)

    ballot: str
    """The id of the ballot, which holds what is proposed."""


class InquiryOpenedV1(Event):
    """Regions are asked something; they answer now, and not only at their next tick."""

    type: ClassVar[str] = "dev.swell.coordination.inquiry_opened.v1"
    topic: ClassVar[str] = "coordination"
    source: ClassVar[str] = "//swell.dev/functions/coordination"
    max_age: ClassVar[timedelta] = timedelta(minutes=10)

    inquiry: str
    """The id of the inquiry, which holds the question and the deadline of answers."""


class BallotDecidedV1(Event):
    """A ballot has come to an outcome, which never changes."""

    type: ClassVar[str] = "dev.swell.coordination.ballot_decided.v1"
    topic: ClassVar[str] = "coordination"
    source: ClassVar[str] = "//swell.dev/functions/coordination"
    max_age: ClassVar[timedelta] = timedelta(days=1)

    ballot: str
    """The id of the ballot."""
    kind: str
    """What it was about: `move_home`, `emergency_stop` or `schema_change`."""
    outcome: Literal["accepted", "rejected", "expired"]
    """What came of it."""


class HomeMovedV1(Event):
    """The writes of a collection commit in another region from now on."""

    type: ClassVar[str] = "dev.swell.coordination.home_moved.v1"
    topic: ClassVar[str] = "coordination"
    source: ClassVar[str] = "//swell.dev/functions/coordination"
    max_age: ClassVar[timedelta] = timedelta(days=1)

    collection: str
    """The name of the collection, as it is stored."""
    region: str
    """Its home."""
    epoch: int
    """How often its home was fenced or moved; it only grows, so a later event has the higher one."""
    ballot: str
    """The ballot that allowed it."""
