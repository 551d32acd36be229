"""The record of one rehearsal, the same for a live run and a SIMULATED one: what was asked, what came of it, why.

`write_run` and `read_run` of `record_file` are the file form (`swell rehearse SCENARIO --json > run.json` prints it).
Analysis, reports and the dashboard read nothing else. What holds:

- Every series has one number for each step of `axis`, in the order of time; step k covers
  `[start_s + k * step_s, + step_s)`. None: not known (a live run knows less), as opposed to 0.
- Rates are means over the step, in requests a second as the fleet sees them, `meta.scale` applied: a SIMULATED run of
  500 M streams has the rates of 500 M streams. A live run has the rates that it really made.
- `offered = served + shed (of all tiers) + errors + what the queues grew by`, in every region and step.
- Latencies are those of served requests, in milliseconds, from the moment at which a request was meant to be sent; a
  SIMULATED one is that at the edge of the nearest region, the way to another region included where it answers.
  Never average them: `latency` has the counts to merge.
- `shed` was refused because the serving mode says so. `errors` got no answer for another reason: refused for want of a
  place, too late, lost with a region or an instance, a dependency. What is made again is counted again: in `offered`
  and in the summary's `asked`, not in the series `asked_rps`, which is what clients wanted.
- Instances: `planned` is the floor of plan and prewarms, `floor` and `ceiling` the bounds that scaling set, `actual`
  those that answer, `starting` those that do not yet.
- `simulated` must be told wherever a number of this record is shown: with the word SIMULATED, the scale and
  `meta.stream`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from shared.domain.money import Micros

FORMAT: Final = "swell-rehearsal/1"

Series: TypeAlias = tuple[float | None, ...]
"""One number for each step; None where it is not known."""
EntryKind: TypeAlias = Literal[
    "phase",
    "fault",
    "calendar",
    "forecast",
    "plan",
    "prewarm",
    "scaling",
    "serving_mode",
    "budget",
    "alert",
    "routing",
]
"""The kinds of shared/crowds/timeline.py that a rehearsal has, and its own: `phase`, `fault`, `routing`."""


@dataclass(frozen=True)
class StreamUnit:
    """What one stream is in this run: a reader's number of streams times these gives load."""

    queries_per_s: float
    bytes_per_query: int
    streams_per_connection: float
    text: str


@dataclass(frozen=True)
class Metadata:
    """What was run. `scale`: streams of the scenario for each one that was really made (1 where nothing is scaled)."""

    scenario: str
    title: str
    simulated: bool
    seed: int
    scale: float
    streams_peak: float
    stream: StreamUnit
    policy: str
    commit: str
    made_at: str
    regions: tuple[str, ...]
    calibration: str = ""
    """Where the simulator's service times come from; empty for a live run."""
    notes: tuple[str, ...] = ()
    """What a reader has to know, each a sentence."""
    invalid: str = ""
    """Why a live run says nothing of the server, such as that the load generator was the bottleneck."""


@dataclass(frozen=True)
class Axis:
    """Steps of equal length; `start_s` is in seconds since 1970-01-01 UTC."""

    start_s: float
    step_s: float
    points: int


@dataclass(frozen=True)
class Instances:
    """Instances of a region at the end of each step."""

    planned: Series
    floor: Series
    ceiling: Series
    actual: Series
    starting: Series


@dataclass(frozen=True)
class RegionSeries:
    """One region. `offered_rps` arrives at it; `asked_rps` comes from the clients for whom it is the nearest one.

    `spilled_rps` is the part of `asked_rps` that other regions answer, by region. `health` is the routing score, 0 to
    100. `utilisation` is the share of the capacity of `actual` instances that is used, 0 to 1.
    """

    asked_rps: Series
    offered_rps: Series
    served_rps: Series
    errors_rps: Series
    shed_rps: Mapping[str, Series]
    p50_ms: Series
    p95_ms: Series
    p99_ms: Series
    utilisation: Series
    health: Series
    queued: Series
    instances: Instances
    spilled_rps: Mapping[str, Series] = field(default_factory=dict)
    quota: int | None = None
    """The most instances that the region may have."""


@dataclass(frozen=True)
class WorldSeries:
    """All regions together.

    `forecast_rps`: requests a second of this step as foreseen `forecast_lead_min` before, by quantile ("0.5", "0.9",
    "0.99"): sums over regions, so that the outer ones are wider than a quantile of the sum. Spending is in
    micro-dollars: `spent` since the start, `spend_per_hour` now, `allowed_per_hour` what the budget let all instances
    cost. `serving_mode` is 0 to 4. `cache_hits` are shares of what was asked, by level.
    """

    asked_rps: Series
    served_rps: Series
    errors_rps: Series
    shed_rps: Mapping[str, Series]
    p50_ms: Series
    p95_ms: Series
    p99_ms: Series
    instances: Instances
    serving_mode: Series
    spent: Series
    spend_per_hour: Series
    allowed_per_hour: Series
    cache_hits: Mapping[str, Series] = field(default_factory=dict)
    forecast_rps: Mapping[str, Series] = field(default_factory=dict)
    forecast_lead_min: float = 15.0
    mean_ms: Series | None = None
    """Of served requests, as the percentiles; None in records that are older than it. Little's law needs it."""


@dataclass(frozen=True)
class Entry:
    """Something that happened, for the timeline and the scrubber; `at_s` is in seconds since 1970-01-01 UTC."""

    at_s: float
    kind: EntryKind
    text: str
    region: str = ""


@dataclass(frozen=True)
class Objective:
    """One promise of the scenario. `measured` None, `met` None: nothing was measured, or too little to prove it.

    `name` is one of `p50_ms`, `p95_ms`, `p99_ms`, `error_share`, `availability`, `shed_share_premium`,
    `shed_share_standard`, `cost_dollars`, `dollars_per_million`, `recall`, `recovery_s`, `scaled_out_s`; `direction`
    says which side is good.
    """

    name: str
    limit: float
    direction: Literal["at_most", "at_least"]
    measured: float | None
    met: bool | None
    hard: bool = True


@dataclass(frozen=True)
class LatencyCounts:
    """Served requests by latency: `counts[k]` took more than `bounds_ms[k - 1]` and at most `bounds_ms[k]`."""

    bounds_ms: tuple[float, ...]
    counts: tuple[float, ...]


@dataclass(frozen=True)
class RecallFound:
    """The mean share of the true nearest rows that so many queries found."""

    mean: float
    queries: int


@dataclass(frozen=True)
class Summary:
    """The whole run in numbers; counts are requests, scaled like the rates."""

    survived: bool
    asked: float
    served: float
    errors: float
    shed: Mapping[str, float]
    asked_by_tier: Mapping[str, float]
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    p999_ms: float | None
    peak_rps: float
    peak_instances: float
    cost: Micros
    minutes_in_mode: Mapping[str, float]
    """Minutes in each serving mode by its label; a mode that was never on is not there."""
    latency: LatencyCounts | None = None
    advice: tuple[str, ...] = ()
    """What to change, each a sentence with its numbers; empty where nothing is to be changed."""
    recall: RecallFound | None = None
    """Of a live run; a simulated one searches for nothing."""

    @property
    def dollars_per_million(self) -> float | None:
        """What a million answers cost; None where the cost is not known."""
        return self.cost / self.served if self.cost and self.served else None

    @property
    def error_share(self) -> float:
        """Failed requests over asked ones; shed ones are not failures, they were refused on purpose."""
        return self.errors / self.asked if self.asked else 0.0

    @property
    def shed_share(self) -> float:
        """Refused requests over asked ones."""
        return sum(self.shed.values()) / self.asked if self.asked else 0.0


@dataclass(frozen=True)
class Phase:
    """A live run before, during or after its faults: requests that were due then, percentiles of good answers."""

    name: Literal["before", "during", "after"]
    from_s: float
    to_s: float
    asked: int
    errors: int
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None


@dataclass(frozen=True)
class Run:
    """One rehearsal."""

    meta: Metadata
    axis: Axis
    regions: Mapping[str, RegionSeries]
    world: WorldSeries
    timeline: tuple[Entry, ...]
    objectives: tuple[Objective, ...]
    summary: Summary
    phases: tuple[Phase, ...] = ()
    """Of a live run whose faults were played; else none."""
    format: Literal["swell-rehearsal/1"] = FORMAT
