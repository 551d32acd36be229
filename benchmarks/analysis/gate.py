"""Every objective with what the run proves of it, and the one verdict that follows."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from benchmarks.analysis import exit_codes
from benchmarks.analysis.intervals import (
    Interval,
    quantile_interval,
    requests_to_bound,
    requests_to_prove,
    share_interval,
)
from benchmarks.rehearsal.result import Objective, Run

_WITHOUT_EXCEPTION: Final = {"at_most": 0.0, "at_least": 1.0}
"""A share with such a limit is a rule for each request: it is kept where none broke it. Nothing proves more."""
_QUANTILES: Final = {"p50_ms": 0.5, "p95_ms": 0.95, "p99_ms": 0.99}


class Verdict(StrEnum):
    """What is known of an objective, or of a run."""

    KEPT = "kept"
    BROKEN = "broken"
    NOT_PROVEN = "not proven"
    INVALID = "invalid"


EXIT_CODES: Final = {
    Verdict.KEPT: exit_codes.KEPT,
    Verdict.BROKEN: exit_codes.BROKEN,
    Verdict.NOT_PROVEN: exit_codes.NOT_PROVEN,
    Verdict.INVALID: exit_codes.INVALID,
}


@dataclass(frozen=True)
class Judged:
    """An objective, what was measured, and between which values the truth lies where that can be said."""

    objective: Objective
    verdict: Verdict
    interval: Interval | None
    why: str = ""


def judge(run: Run) -> tuple[Judged, ...]:
    """Every objective. A share or a quantile is kept where its whole interval is on the good side.

    A share that allows no exception is kept where the run has none; an invalid run keeps nothing.
    """
    judged = tuple(_judged(one, run) for one in run.objectives)
    return tuple(replace(one, verdict=Verdict.INVALID, why="") for one in judged) if is_invalid(run) else judged


def is_invalid(run: Run) -> bool:
    """Without a request, or where it was the generator that was measured."""
    return run.summary.asked <= 0 or bool(run.meta.invalid)


def verdict_of(run: Run, judged: tuple[Judged, ...]) -> Verdict:
    """Invalid, or the worst of the hard objectives."""
    if is_invalid(run):
        return Verdict.INVALID
    found = {one.verdict for one in judged if one.objective.hard}
    return next((worst for worst in (Verdict.BROKEN, Verdict.NOT_PROVEN) if worst in found), Verdict.KEPT)


def _judged(objective: Objective, run: Run) -> Judged:
    if objective.measured is None or run.summary.asked <= 0:
        return Judged(objective, Verdict.NOT_PROVEN, None, "nothing was measured")
    if not _good(objective, objective.measured):
        return Judged(objective, Verdict.BROKEN, _interval(objective, run))
    if objective.name in _QUANTILES:
        return _judged_quantile(objective, run)
    found = _interval(objective, run)
    if found is None or _proves(found, objective):
        return Judged(objective, Verdict.KEPT, found)
    if objective.name == "recall" and run.summary.recall is not None:
        return Judged(objective, Verdict.NOT_PROVEN, found, f"{run.summary.recall.queries:,} queries are too few")
    return Judged(objective, Verdict.NOT_PROVEN, found, _too_few(objective, objective.measured, run))


def _proves(found: Interval, objective: Objective) -> bool:
    """Whether the whole interval of a share is good; of a rule without exception, whether anything was asked."""
    if objective.limit == _WITHOUT_EXCEPTION[objective.direction]:
        return found != share_interval(0, 0)
    return _good(objective, found.high if objective.direction == "at_most" else found.low)


def _judged_quantile(objective: Objective, run: Run) -> Judged:
    """Kept where the upper end is good, which is that of the class of times in which the neighbour by rank lies."""
    found = _interval(objective, run)
    latency = run.summary.latency
    counted = 0.0 if latency is None else sum(latency.counts)
    if found is not None and _good(objective, found.high):
        return Judged(objective, Verdict.KEPT, found)
    if found is not None:
        why = f"{counted:,.0f} answers leave it between {found.low:.4g} and {found.high:.4g} ms"
        return Judged(objective, Verdict.NOT_PROVEN, found, why)
    needed = requests_to_bound(_QUANTILES[objective.name])
    why = f"{counted:,.0f} answers; {needed:,} are the least that bound this quantile" if counted else "none was timed"
    return Judged(objective, Verdict.NOT_PROVEN, None, why)


def _too_few(objective: Objective, measured: float, run: Run) -> str:
    limit, share = objective.limit, measured
    if objective.direction == "at_least":
        limit, share = 1 - limit, 1 - share
    asked = run.summary.asked_by_tier.get(objective.name.removeprefix("shed_share_"), run.summary.asked)
    needed = requests_to_prove(limit, share)
    if needed is None:
        return "at its limit no number of requests proves it" if asked else "nobody of this tier asked"
    return f"{asked:,.0f} requests; {needed:,} that fare as well would prove it"


def _interval(objective: Objective, run: Run) -> Interval | None:
    """The interval of a share of requests, or of a quantile; None where the objective is neither."""
    summary, name = run.summary, objective.name
    if name in _QUANTILES:
        # Times of a simulated answer are spread evenly over their class; those of a real one may all be at its end.
        counted, is_even = summary.latency, run.meta.simulated
        return None if counted is None else quantile_interval(counted, _QUANTILES[name], spread_evenly=is_even)
    if name == "error_share":
        return share_interval(summary.errors, summary.asked)
    if name == "availability":
        return share_interval(summary.served, summary.asked)
    if name == "recall" and summary.recall is not None:
        # A query's share varies less than a query that finds all or nothing: the interval is rather too wide.
        return share_interval(summary.recall.mean * summary.recall.queries, summary.recall.queries)
    tier = name.removeprefix("shed_share_")
    if tier != name:
        return share_interval(summary.shed.get(tier, 0.0), summary.asked_by_tier.get(tier, 0.0))
    return None


def _good(objective: Objective, value: float) -> bool:
    return value <= objective.limit if objective.direction == "at_most" else value >= objective.limit
