"""A region as a member: what it says of itself, and what others make of its silence. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Self

from shared.coordination.lease import MAX_CLOCK_SKEW_S
from shared.ports.state import Document
from shared.routing.load import RegionLoad
from shared.routing.state import Reading

SUSPECT_AFTER_BEATS: Final = 2
DOWN_AFTER_BEATS: Final = 3
"""A region is stale after two missed beats and gone after three (RUVECTOR §3.1, §3.4)."""


class Presence(StrEnum):
    """What its last heartbeat says of a region."""

    LIVE = "live"
    SUSPECT = "suspect"
    DOWN = "down"


@dataclass(frozen=True)
class Capacity:
    """What a region may use. What is not known is None."""

    instances_max: int | None = None
    streams: float | None = None
    """How many it can serve at once with the instances it may have."""


@dataclass(frozen=True)
class Load:
    """What was measured in a region since its last heartbeat. What was not measured is None, never a guess."""

    streams: float | None = None
    requests_per_s: float | None = None
    p50_ms: float | None = None
    p99_ms: float | None = None
    error_rate: float | None = None
    cpu_share: float | None = None
    memory_share: float | None = None
    instances_healthy: int | None = None
    instances_total: int | None = None


@dataclass(frozen=True)
class Member:
    """The membership of a region. An incarnation is one life of it, between two times that it was thought gone."""

    region: str
    incarnation: int
    started_at: datetime
    heard_at: datetime
    """Its last heartbeat, by its own clock."""
    beats: int
    """Heartbeats of this incarnation."""
    interval: timedelta
    """How often it means to be heard."""
    capabilities: tuple[str, ...] = ()
    capacity: Capacity = Capacity()
    load: Load = Load()
    is_draining: bool = False
    """Whether it is to get no traffic, though it lives."""

    def presence(self, now: datetime) -> Presence:
        """What to make of its silence, by an observer's clock."""
        silence = now - self.heard_at - timedelta(seconds=_skew_s(self.interval))
        if silence <= SUSPECT_AFTER_BEATS * self.interval:
            return Presence.LIVE
        return Presence.SUSPECT if silence <= DOWN_AFTER_BEATS * self.interval else Presence.DOWN

    def reading(self, now: datetime) -> Reading:
        """What routing may go by: a region that drains counts as one that is gone."""
        alive = not self.is_draining and self.presence(now) is not Presence.DOWN
        return Reading(alive, self._region_load())

    def _region_load(self) -> RegionLoad | None:
        """None where too little was measured to say how full it is."""
        load, capacity = self.load, self.capacity
        if load.streams is None or not capacity.streams or not capacity.instances_max:
            return None
        total = load.instances_total or 0
        return RegionLoad(
            instances_healthy=total if load.instances_healthy is None else load.instances_healthy,
            instances_total=total,
            instances_max=capacity.instances_max,
            capacity=capacity.streams,
            demand=load.streams,
            p99_ms=load.p99_ms,
            error_rate=load.error_rate,
            runs_all=load.instances_total is None,
        )

    @classmethod
    def from_document(cls, document: Document) -> Self:
        """The member that a state document describes."""
        data: Mapping[str, Any] = document.data
        return cls(
            region=data["region"],
            incarnation=data["incarnation"],
            started_at=datetime.fromtimestamp(data["started_at"], UTC),
            heard_at=datetime.fromtimestamp(data["heard_at"], UTC),
            beats=data["beats"],
            interval=timedelta(seconds=data["interval_s"]),
            capabilities=tuple(data["capabilities"]),
            capacity=Capacity(**data["capacity"]),
            load=Load(**data["load"]),
            is_draining=data["is_draining"],
        )

    def to_document(self) -> dict[str, Any]:
        """The state document of this member; times are seconds since 1970."""
        return {
            "region": self.region,
            "incarnation": self.incarnation,
            "started_at": self.started_at.timestamp(),
            "heard_at": self.heard_at.timestamp(),
            "beats": self.beats,
            "interval_s": self.interval.total_seconds(),
            "capabilities": list(self.capabilities),
            "capacity": dict(vars(self.capacity)),
            "load": dict(vars(self.load)),
            "is_draining": self.is_draining,
        }


@dataclass(frozen=True)
class Report:
    """What a region says with a heartbeat."""

    region: str
    interval: timedelta
    capabilities: tuple[str, ...] = ()
    capacity: Capacity = Capacity()
    load: Load = Load()


def heard(before: Member | None, report: Report, now: datetime, *, anew: bool = False) -> Member:
    """The member after a heartbeat. One that others may have given up, or that starts `anew`, lives another life.

    `now` is the region's own clock; one that was set back does not make the region look older than it is known to be.
    """
    if before is None:
        return _life(report, 1, now)
    if anew or now - before.heard_at > SUSPECT_AFTER_BEATS * before.interval:
        return replace(_life(report, before.incarnation + 1, now), is_draining=before.is_draining)
    return replace(
        before,
        heard_at=max(before.heard_at, now),
        beats=before.beats + 1,
        interval=report.interval,
        capabilities=report.capabilities,
        capacity=report.capacity,
        load=report.load,
    )


def _life(report: Report, incarnation: int, now: datetime) -> Member:
    return Member(
        report.region,
        incarnation,
        now,
        now,
        1,
        report.interval,
        report.capabilities,
        report.capacity,
        report.load,
    )


def _skew_s(interval: timedelta) -> float:
    """Clocks may differ by as much; where beats are quicker than that, all members share one machine and its clock."""
    return min(MAX_CLOCK_SKEW_S, interval.total_seconds())
