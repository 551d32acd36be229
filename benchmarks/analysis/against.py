"""A record beside an earlier one: what is worse, as far as the requests of both prove it."""

from math import hypot
from typing import Final

from benchmarks.analysis.intervals import Interval, quantile_interval, share_interval
from benchmarks.analysis.paired import Measure, Paired, finding_of
from benchmarks.rehearsal.comparison import Interval as Change
from benchmarks.rehearsal.result import Run, Summary

LEAST_RATIO: Final = 0.05
LEAST_SHARE: Final = 0.001
_QUANTILES: Final = {"p50": 0.5, "p95": 0.95, "p99": 0.99}


class NotComparable(Exception):  # noqa: N818 - named for what is wrong
    """Two records are not of the same thing; the text says in what they differ."""


def against(run: Run, base: Run) -> tuple[Paired, ...]:
    """Every measure of `base` (A) and `run` (B).

    The intervals are those of the requests: what a machine did at another time is not in them, so that a change of
    a live run is to be measured in turns before it is believed.

    Raises:
        NotComparable: another scenario, length or scale, or one of them is SIMULATED.
    """
    for what, got, allowed in (
        ("scenario", run.meta.scenario, base.meta.scenario),
        ("simulated", run.meta.simulated, base.meta.simulated),
        ("scale", run.meta.scale, base.meta.scale),
        ("length", run.axis.points * run.axis.step_s, base.axis.points * base.axis.step_s),
    ):
        if got != allowed:
            raise NotComparable(f"{what}: got {got}, allowed: {allowed}, as the other record has it")
    mine, other = run.summary, base.summary
    found = [one for name, share in _QUANTILES.items() if (one := _quantile(name, share, other, mine)) is not None]
    found.append(_share("failed, share", (other.errors, other.asked), (mine.errors, mine.asked)))
    found.append(_share("shed, share", (sum(other.shed.values()), other.asked), (sum(mine.shed.values()), mine.asked)))
    if mine.recall is not None and other.recall is not None:
        found.append(
            _share(
                "recall",
                (other.recall.mean * other.recall.queries, other.recall.queries),
                (mine.recall.mean * mine.recall.queries, mine.recall.queries),
                more_is_better=True,
            )
        )
    dear, before = mine.dollars_per_million, other.dollars_per_million
    if dear is not None and before:
        change = dear / before - 1
        measure = Measure("cost of a million answers, $", "ratio", LEAST_RATIO)
        exact = Change(change, change, change)
        found.append(Paired(measure, before, dear, exact, finding_of(measure, exact)))
    return tuple(found)


def _quantile(name: str, share: float, base: Summary, run: Summary) -> Paired | None:
    """From the ends of both intervals by rank; those of a record are as coarse as its classes."""
    values = tuple(getattr(one, f"{name}_ms") for one in (base, run))
    if None in values or base.latency is None or run.latency is None:
        return None
    a, b = quantile_interval(base.latency, share), quantile_interval(run.latency, share)
    if a is None or b is None or a.low <= 0 or b.low <= 0:
        return None
    measure = Measure(f"{name}, ms", "ratio", LEAST_RATIO)
    change = Change(values[1] / values[0] - 1, b.low / a.high - 1, b.high / a.low - 1)
    return Paired(measure, values[0], values[1], change, finding_of(measure, change))


def _share(name: str, base: tuple[float, float], run: tuple[float, float], *, more_is_better: bool = False) -> Paired:
    """Newcombe's interval of the difference of two shares, from Wilson's of each."""
    measure = Measure(name, "difference", LEAST_SHARE, more_is_better)
    a, b = (events / of if of else 0.0 for events, of in (base, run))
    a_within, b_within = share_interval(*base), share_interval(*run)
    change = Change(b - a, b - a - _apart(b, b_within, a, a_within), b - a + _apart(a, a_within, b, b_within))
    return Paired(measure, a, b, change, finding_of(measure, change))


def _apart(low_of: float, low: Interval, high_of: float, high: Interval) -> float:
    return hypot(low_of - low.low, high.high - high_of)
