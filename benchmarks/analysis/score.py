"""A score of 0 to 100 that always shows its parts: 0 where a run is invalid, 59 at most where one is broken."""

from dataclasses import dataclass
from math import prod
from typing import Final

from benchmarks.analysis.gate import Judged, Verdict, is_invalid, verdict_of
from benchmarks.rehearsal.result import Run

CAP: Final = 59
_BASE_MS: Final = 10.0
"""Below this, times to answer differ little to a person (VectorDBBench's rule)."""


@dataclass(frozen=True)
class Score:
    """The points, and each part from 0 to 1 by its name."""

    points: int
    parts: dict[str, float]
    capped: bool


def score(run: Run, judged: tuple[Judged, ...]) -> Score:
    """The geometric mean of the parts: one that is bad is not made good by the others."""
    if is_invalid(run):
        return Score(0, {"a run that counts": 0.0}, capped=False)
    parts = {"answered": max(0.0, 1 - run.summary.error_share - run.summary.shed_share)}
    for one in judged:
        objective = one.objective
        is_time = objective.name in {"p50_ms", "p95_ms", "p99_ms"}
        if objective.measured is None:
            if is_time and run.summary.served <= 0:
                parts[objective.name] = 0.0  # nobody was answered in time: not better than late
            continue
        if is_time:
            parts[objective.name] = min(1.0, (objective.limit + _BASE_MS) / (objective.measured + _BASE_MS))
        elif objective.name == "cost_dollars":
            parts["cost"] = min(1.0, objective.limit / max(objective.measured, 1e-9))
    hard = [one for one in judged if one.objective.hard]
    if hard:
        parts["objectives kept"] = sum(one.verdict is Verdict.KEPT for one in hard) / len(hard)
    points = round(100 * prod(max(part, 0.01) for part in parts.values()) ** (1 / len(parts)))
    capped = points > CAP and verdict_of(run, judged) is Verdict.BROKEN
    return Score(CAP if capped else points, parts, capped)
