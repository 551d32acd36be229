"""Whether what a scenario promises has been kept."""

from collections.abc import Iterator
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from benchmarks.rehearsal.result import Axis, Objective, Summary
from benchmarks.scenarios.model import Scenario

Floats = NDArray[np.float64]

Direction = Literal["at_most", "at_least"]
CALM_BELOW: Final = 0.01
"""A run has recovered when less than a hundredth of the requests fail."""


def judged(scenario: Scenario, summary: Summary, error_shares: Floats, axis: Axis) -> tuple[Objective, ...]:
    """Every objective that the scenario names, with what was measured. The bill is not hard: a crowd served late is.

    What an answer costs is, where a scenario names it: it is what a slower program changes.
    """
    return tuple(
        Objective(name, limit, direction, value, None if value is None else _kept(value, limit, direction), hard=hard)
        for name, limit, direction, value, hard in _measured(scenario, summary, error_shares, axis)
    )


def faults_end_s(scenario: Scenario) -> float | None:
    """Seconds from the start to the end of the last fault; None where nothing goes wrong."""
    return max((60 * (fault.at_min + fault.for_min) for fault in scenario.faults), default=None)


def recovery_s(scenario: Scenario, error_shares: Floats, axis: Axis) -> float | None:
    """Seconds from the end of the last fault until few requests fail for good; None where nothing went wrong."""
    ends_s = faults_end_s(scenario)
    if ends_s is None:
        return None
    bad = np.flatnonzero(error_shares > CALM_BELOW)
    return max(0.0, float((bad[-1] + 1) * axis.step_s - ends_s)) if len(bad) else 0.0


def _measured(
    scenario: Scenario, summary: Summary, error_shares: Floats, axis: Axis
) -> Iterator[tuple[str, float, Direction, float | None, bool]]:
    asked = scenario.objectives
    shed = {
        tier: count / summary.asked_by_tier[tier] if summary.asked_by_tier.get(tier) else 0.0
        for tier, count in summary.shed.items()
    }
    found: dict[str, tuple[float | None, Direction, float | None, bool]] = {
        "p50_ms": (asked.p50_ms, "at_most", summary.p50_ms, True),
        "p95_ms": (asked.p95_ms, "at_most", summary.p95_ms, True),
        "p99_ms": (asked.p99_ms, "at_most", summary.p99_ms, True),
        "error_share": (asked.error_share, "at_most", summary.error_share if summary.asked else None, True),
        "availability": (
            asked.availability,
            "at_least",
            summary.served / summary.asked if summary.asked else None,
            True,
        ),
        "shed_share_premium": (asked.shed_share_premium, "at_most", shed.get("premium"), True),
        "shed_share_standard": (asked.shed_share_standard, "at_most", shed.get("standard"), True),
        "cost_dollars": (asked.cost_dollars, "at_most", summary.cost / 1e6, False),
        "recall": (asked.recall, "at_least", None if summary.recall is None else summary.recall.mean, True),
        "dollars_per_million": (asked.dollars_per_million, "at_most", summary.dollars_per_million, True),
        "recovery_s": (asked.recovery_s, "at_most", recovery_s(scenario, error_shares, axis), True),
    }
    for name, (limit, direction, value, hard) in found.items():
        if limit is not None:
            yield name, limit, direction, value, hard


def _kept(value: float, limit: float, direction: Direction) -> bool:
    return value <= limit if direction == "at_most" else value >= limit
