"""What regions tell each other."""

from datetime import timedelta
from typing import ClassVar

from shared.events.event import Tick
from shared.events.shard import ShardEvent


class RegionHeadMovedV1(ShardEvent):
    """A region serves a version of a shard from its own bucket, so regions that copy from it can."""

    type: ClassVar[str] = "dev.swell.region.head_moved.v1"
    topic: ClassVar[str] = "region-heads"
    source: ClassVar[str] = "//swell.dev/functions/region_sync"

    region: str
    """The region that serves it."""
    version: int
    """The version served; it only grows."""


class RegionTickV1(Tick):
    """A minute has begun: each region shows that it lives, looks for what it has missed, and removes what is old."""

    type: ClassVar[str] = "dev.swell.region.tick.v1"
    topic: ClassVar[str] = "region-ticks"
    source: ClassVar[str] = "//swell.dev/schedules/region-tick"
    max_age: ClassVar[timedelta] = timedelta(minutes=10)
