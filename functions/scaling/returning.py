"""What a region that failed over will be sent when it is back, before anybody asks it. Pure.

Routing sends its clients elsewhere at once, and a quarter of them back ten minutes after it is sound again, more and
more of them for twenty minutes (`shared/routing/condition.py`). Until then nobody asks the region, and scaling by load
would take its instances away. So what its clients asked before is remembered, and of that it is given the share that
routing is about to send it. Nothing is held for a region that is gone: what is not back, or not sound, has no floor.
"""

import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple, Protocol, Self

from functions.scaling.load_demand import ROUNDING
from shared.coordination.member import Member
from shared.moments import moment_of, text_of
from shared.routing.condition import RAMP_FROM, Cause, Condition, Status, kept_share, next_condition
from shared.routing.health import health_score

AHEAD: Final = timedelta(minutes=5)
"""Instances are there for what routing sends so much later: they start, and load shows four minutes late."""
KEPT_FOR: Final = timedelta(days=1)
"""What clients asked longer ago says nothing of what they will ask."""
_IDLE_SCORE: Final = 100
"""A region that lives and reports nothing is not ill for being idle."""


class Members(Protocol):
    """Who is there: `Membership` on the state store."""

    def all(self) -> list[Member]:
        """Everyone who was ever heard."""
        ...


class Standing(NamedTuple):
    """How a region stands with routing, and the instances that its own clients needed when they last asked it."""

    condition: Condition
    needed: int
    needed_at: datetime

    @classmethod
    def first(cls, needed: int, now: datetime) -> Self:
        """Of a region that was never looked at."""
        return cls(Condition(Status.SERVING, now), needed, now)

    def after(self, member: Member | None, now: datetime) -> Self:
        """After one more look at its membership. A region that never was a member is taken to serve."""
        if member is None:
            return self
        reading = member.reading(now)
        score = _IDLE_SCORE if reading.load is None else health_score(reading.load).points
        condition = next_condition(self.condition, score=score, alive=reading.lives, now=now)
        return self if condition is self.condition else self._replace(condition=condition)

    def asked(self, demand: int, now: datetime) -> Self:
        """With the demand of now, where it is that of the region's own clients: while they are sent to it."""
        if self.condition.status in (Status.FAILED_OVER, Status.RECOVERING):
            return self
        return type(self)(self.condition, demand, now)

    def floor(self, now: datetime) -> int:
        """Instances for the share of its clients that it is about to be sent; 0 where its load says it all."""
        share = self._share(now)
        if not share or now - self.needed_at > KEPT_FOR:
            return 0
        return math.ceil(self.needed * share - ROUNDING)

    def _share(self, now: datetime) -> float:
        condition = self.condition
        if condition.status is Status.RECOVERING:
            return kept_share(condition, now + AHEAD)
        returns = condition.status is Status.FAILED_OVER and condition.sound_since is not None
        return RAMP_FROM if returns else 0.0


def standing_data(standing: Standing) -> dict[str, Any]:
    """As it is kept in a state document."""
    condition = standing.condition
    moments = ("since", "weak_since", "failing_since", "sound_since")
    return {
        "status": condition.status.value,
        "cause": condition.cause.value,
        **{name: text_of(getattr(condition, name)) for name in moments},
        "needed": standing.needed,
        "needed_at": text_of(standing.needed_at),
    }


def standing_from(data: Mapping[str, Any]) -> Standing:
    """As it was kept."""
    condition = Condition(
        Status(data["status"]),
        datetime.fromisoformat(data["since"]),
        Cause(data["cause"]),
        moment_of(data["weak_since"]),
        moment_of(data["failing_since"]),
        moment_of(data["sound_since"]),
    )
    return Standing(condition, data["needed"], datetime.fromisoformat(data["needed_at"]))
