"""One scenario: what is asked, by whom, where, what goes wrong meanwhile, and what must hold. A YAML file is one."""

import re
from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import Field, model_validator

from benchmarks.scenarios.arrival import Arrival, Bursty, Mix, Popularity, Uniform
from benchmarks.scenarios.protocol import ProtocolName
from shared.domain.calendar import MAX_EXPECTED_MULTIPLE, EventType
from shared.domain.tier import Tier
from shared.topology.models import Entry

RegionName = Annotated[str, Field(pattern=r"^[a-z]+-[a-z]+[0-9]+$")]
Share = Annotated[float, Field(ge=0, le=1)]
_FARTHEST_MIN: Final = 43_200
"""From the start of a scenario to an event of its calendar: 30 days."""
_LONGEST_S: Final = 172_800
"""The longest scenario: two days."""
_SLOWEST_MS: Final = 3_600_000
"""An hour: histograms know no more."""
_CONTROL: Final = r"\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069"
_NOT_IN_A_LINE: Final = re.compile(f"[{_CONTROL}]")
HIGHEST_SEED: Final = 2**32 - 1
_YEARS: Final = range(2000, 2200)

Dollars = Annotated[float, Field(gt=0, le=1e9)]
Milliseconds = Annotated[float, Field(gt=0, le=_SLOWEST_MS)]
Line = Annotated[str, Field(min_length=1, max_length=500, pattern=f"^[^{_CONTROL}]+$")]
"""A text of one line: a terminal obeys no character of it."""

Weights = dict[RegionName, Annotated[float, Field(ge=0, le=1000)]]

_SOONEST_STOP_S: Final = 3.0


def line_of(text: str) -> str:
    """A text as one line: a space for each character that is not allowed in it."""
    return _NOT_IN_A_LINE.sub(" ", text)


class Stream(Entry):
    """What one stream is: how often it asks, what an answer weighs, how many share a connection.

    500 M streams that ask once in 10,000 s are 50,000 queries a second: RuVector's own load test, and the lowest of
    its four rates, which lie 1,000 times apart (50 K, 5 M, 50 M and 500 M queries a second for the same streams).
    """

    queries_per_s: float = Field(default=1e-4, gt=0, le=1000)
    bytes_per_query: int = Field(default=4096, ge=0, le=10_000_000)
    per_connection: float = Field(default=1.0, gt=0, le=1e9)


class Sessions(Entry):
    """Users who come, ask, think once the answer is there, ask again and leave, each over a connection of its own.

    A live run and k6 play them, in real seconds: only the course of the crowd passes faster. A mean of `requests`
    (geometric), a mean of `think_s` (exponential). The simulator has streams, which ask on their own.
    """

    requests: float = Field(default=20.0, ge=1, le=10_000)
    think_s: float = Field(default=1.0, ge=0.01, le=3600)


class CalendarEntry(Entry):
    """An event that the operator's calendar announces. Minutes are from the start of the scenario."""

    name: Line = Field(max_length=200)
    kind: EventType = Field(strict=False)
    start_min: float = Field(ge=-_FARTHEST_MIN, le=_FARTHEST_MIN)
    duration_min: float = Field(gt=0, le=_FARTHEST_MIN)
    weights: Weights = Field(min_length=1)
    peak_after_min: float | None = Field(default=None, ge=-_FARTHEST_MIN, le=_FARTHEST_MIN)
    audience: int | None = Field(default=None, ge=1, le=10_000_000_000)
    expected_multiple: float | None = Field(default=None, ge=1, le=MAX_EXPECTED_MULTIPLE)
    """Of the usual load at its peak, in a region of weight 1; for others the excess is by their weight."""
    stage: Line | Literal[""] = ""


class Fault(Entry):
    """Something that goes wrong, from `at_min` on for `for_min`.

    - `region_down`: no instance of the regions answers, and none starts.
    - `instances_lost`: a `share` of their instances is gone at once.
    - `no_new_instances`: none can be started.
    - `slow_dependency`: requests take `factor` times as long.
    - `failing_dependency`: a `share` of the requests fails for its sake; more instances do not help.
    - `writes_refused`: writes fail, reads go on from the copies.
    - `disconnect`: a `share` of the streams loses its connection and comes back within `for_min`, each with one request
      more.
    - `cold_caches`: caches are empty at `at_min`.
    - `redis_away`: the Redis that instances share is gone, and back with nothing in it. Live runs alone have one.
    """

    kind: Literal[
        "region_down",
        "instances_lost",
        "no_new_instances",
        "slow_dependency",
        "failing_dependency",
        "writes_refused",
        "disconnect",
        "cold_caches",
        "redis_away",
    ]
    at_min: float = Field(ge=0)
    for_min: float = Field(default=1.0, gt=0, le=_FARTHEST_MIN)
    regions: tuple[RegionName, ...] = Field(default=(), strict=False)
    """None named: all."""
    share: Share = 1.0
    factor: float = Field(default=1.0, ge=1, le=100)


class Fleet(Entry):
    """Instances that exist before it begins, and that there may be. None: what topology.yaml and the settings say."""

    hub_at_most: int | None = Field(default=None, ge=1, le=10_000_000)
    other_at_most: int | None = Field(default=None, ge=1, le=10_000_000)
    total_at_most: int | None = Field(default=None, ge=1, le=10_000_000)
    starts_cold: bool = False
    """Begin with no instance anywhere, instead of with those that the base load needs."""


class Budget(Entry):
    """Limits in dollars, as `swell budget set` takes them; `approved_per_hour` is a raise while it lasts."""

    hour: Dollars = 10_000
    day: Dollars = 200_000
    month: Dollars = 5_000_000
    approved_per_hour: float = Field(default=0, ge=0, le=1e9)


class Objectives(Entry):
    """What must hold, one thing at least; what is not named is not asked. `recovery_s`: from the last fault's end."""

    p50_ms: Milliseconds | None = None
    p95_ms: Milliseconds | None = None
    p99_ms: Milliseconds | None = None
    error_share: Share | None = None
    availability: Share | None = None
    shed_share_premium: Share | None = None
    shed_share_standard: Share | None = None
    cost_dollars: Dollars | None = None
    recall: Share | None = None
    """Only a live run can keep it: a simulated one searches for nothing."""
    dollars_per_million: Dollars | None = None
    recovery_s: float | None = Field(default=None, gt=0, le=_LONGEST_S)

    @model_validator(mode="after")
    def _asks_something(self) -> "Objectives":
        if all(value is None for _, value in self):
            raise ValueError(f"got none, allowed: one or more of {', '.join(type(self).model_fields)}")
        return self


class Abort(Entry):
    """End it when so many requests fail for so long: a live run hurts nobody longer than it must."""

    error_share: Share = 0.5
    for_s: float = Field(default=60.0, gt=0, le=_LONGEST_S)

    def within_s(self, faster: float) -> float:
        """The same where a scenario passes so many times as fast; not less than three seconds: a stall is no outage."""
        return max(_SOONEST_STOP_S, self.for_s / faster)


class Live(Entry):
    """The variant that one machine can play: the same shape, so many requests a second at its peak, so many seconds."""

    peak_rps: float = Field(default=300.0, gt=0, le=50_000)
    seconds: float = Field(default=30.0, ge=1, le=3600)


class Scenario(Entry):
    """A scenario, whole. `streams` is the base that arrival multiplies; `regions` shares it out, `crowd` what is above.

    A region that `regions` does not name has none; None: by tier, 80 for a hub and 10 for another region, as RuVector
    has it.
    """

    name: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)
    title: Line = Field(max_length=120)
    group: Literal["baseline", "burst", "reliability", "workload", "endurance"]
    source: Line
    starts_at: datetime = Field(strict=False)
    duration_min: float = Field(ge=1, le=_LONGEST_S / 60)
    tick_s: Literal[1, 2, 5] = 1
    streams: float = Field(default=500e6, ge=1, le=1e12)
    stream: Stream = Stream()
    arrival: Arrival
    diurnal: Share = 0.0
    """How much of a region's base follows the hour of its longitude, 0 to 1."""
    bursty: Bursty = Bursty()
    regions: Weights | None = None
    crowd: Weights | None = None
    """Where the excess over the base comes from; None: where the base comes from."""
    popularity: Popularity = Uniform(kind="uniform")
    mix: Mix = Mix()
    tiers: dict[Annotated[Tier, Field(strict=False)], Share] = Field(
        default={Tier.PREMIUM: 0.1, Tier.STANDARD: 0.6, Tier.FREE: 0.3}
    )
    protocols: dict[ProtocolName, Share] = Field(default={"http1": 1.0})
    sessions: Sessions | None = None
    """None: every request is of a caller of its own, who does not know that others are waiting."""
    calendar: tuple[CalendarEntry, ...] = Field(default=(), max_length=1000, strict=False)
    faults: tuple[Fault, ...] = Field(default=(), max_length=1000, strict=False)
    fleet: Fleet = Fleet()
    budget: Budget = Budget()
    objectives: Objectives
    abort: Abort = Abort()
    live: Live = Live()
    seed: int = Field(default=1, ge=0, le=HIGHEST_SEED)
    pre_checks: tuple[Line, ...] = Field(min_length=1, max_length=50, strict=False)
    post_analysis: tuple[Line, ...] = Field(min_length=1, max_length=50, strict=False)

    @model_validator(mode="after")
    def _is_consistent(self) -> "Scenario":
        if self.starts_at.tzinfo is None:
            raise ValueError(f"starts_at: got {self.starts_at}, allowed: a time with its offset")
        if self.starts_at.year not in _YEARS:
            raise ValueError(f"starts_at: got {self.starts_at}, allowed: {_YEARS[0]} to {_YEARS[-1]}")
        if abs(sum(self.tiers.values()) - 1) > 1e-6:
            raise ValueError(f"tiers: got shares that add up to {sum(self.tiers.values()):g}, allowed: 1")
        if abs(sum(self.protocols.values()) - 1) > 1e-6:
            raise ValueError(f"protocols: got shares that add up to {sum(self.protocols.values()):g}, allowed: 1")
        for fault in self.faults:
            if fault.at_min >= self.duration_min:
                raise ValueError(f"faults: {fault.kind} at {fault.at_min:g} min, allowed: before {self.duration_min:g}")
        return self
