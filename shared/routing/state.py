"""What is known of a region at one look, and what is carried from one look to the next."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from shared.routing.condition import Cause, Condition, Status, kept_share, next_condition
from shared.routing.health import HealthScore, health_score
from shared.routing.load import RegionLoad
from shared.routing.spill import Spill, next_spill


class Reading(NamedTuple):
    """One look at a region. `alive`: its heartbeat is fresh. `load`: None if it reported none.

    `asked`: what its clients ask, as whoever routes them sees it, also while the region is dead; in the unit of `load`.
    """

    alive: bool
    load: RegionLoad | None = None
    asked: float | None = None

    @property
    def demand(self) -> float | None:
        """What is asked by the clients for whom it is the nearest region; None: this look does not say."""
        return self.asked if self.load is None else self.load.demand

    @property
    def lives(self) -> bool:
        """Whether requests can be sent there at all."""
        return self.alive and not (self.load is not None and self.load.is_down)


@dataclass(frozen=True)
class RegionState:
    """How a region does, and what follows for its traffic."""

    condition: Condition
    spill: Spill = field(default_factory=Spill)
    score: HealthScore | None = None

    @property
    def is_settled(self) -> bool:
        """Whether it serves and hands nothing on: then it answers all of its traffic, whatever the time."""
        return self.condition.status is Status.SERVING and self.spill.share == 0

    def keeps(self, now: datetime) -> float:
        """The part of its traffic that it answers itself.

        Degraded and full at once moves the larger of the two shares, so a live region never hands on more than 30 %.
        """
        return min(kept_share(self.condition, now), 1.0 - self.spill.share)

    def is_below(self, points: int) -> bool:
        """Whether its score is lower, or it has none because it is dead."""
        dead = self.condition.status is Status.FAILED_OVER and self.condition.cause is Cause.NO_SIGN_OF_LIFE
        return dead or (self.score is not None and self.score.points < points)


def next_state(before: RegionState | None, reading: Reading, now: datetime) -> RegionState:
    """The state after one more look; a region seen for the first time serves if it lives."""
    known, lives = before or RegionState(Condition(Status.SERVING, now)), reading.lives
    score = None if reading.load is None else health_score(reading.load)
    spill = next_spill(known.spill, reading.load, now) if lives else Spill()
    points = None if score is None else score.points
    condition = next_condition(known.condition, score=points, alive=lives, now=now)
    is_same = (condition, spill, score) == (known.condition, known.spill, known.score)
    return known if is_same else RegionState(condition, spill, score)
