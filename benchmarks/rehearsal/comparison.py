"""Policies beside each other, on the same requests: differences by seed, with their intervals."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from math import isfinite, sqrt
from statistics import NormalDist, fmean, stdev
from typing import Final

from benchmarks.rehearsal.rehearse import rehearse
from benchmarks.rehearsal.result import Summary
from benchmarks.scenarios.model import Scenario
from benchmarks.simulator.policies import Policy

CONFIDENCE: Final = 0.95
_T: Final = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131)
"""Student's t at 97.5 % for 1, 2, … degrees of freedom."""

MEASURES: Final[Mapping[str, Callable[[Summary], float]]] = {
    "failed, % of requests": lambda summary: 100 * summary.error_share,
    "shed, % of requests": lambda summary: 100 * summary.shed_share,
    "p99, ms": lambda summary: summary.p99_ms or float("nan"),
    "cost, $": lambda summary: summary.cost / 1e6,
    "cost of a million answers, $": lambda summary: summary.cost / max(summary.served, 1.0),
}
"""Less is better in each."""


@dataclass(frozen=True)
class Interval:
    """A mean over seeds, and the interval that holds the true one with a confidence of 95 %."""

    mean: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Interval":
        """Of one value for each seed; of a single one, or where one is not known, nothing is known of the spread."""
        mean = fmean(values)
        if len(values) < 2 or not all(map(isfinite, values)):
            return cls(mean, float("-inf"), float("inf"))
        half = _t(len(values) - 1) * stdev(values) / sqrt(len(values))
        return cls(mean, mean - half, mean + half)


def _t(freedom: int) -> float:
    """Beyond the table: Cornish and Fisher's first two terms, which are within 0.0005 of it from 16 on."""
    if freedom <= len(_T):
        return _T[freedom - 1]
    z = NormalDist().inv_cdf(0.5 + CONFIDENCE / 2)
    return z + (z**3 + z) / (4 * freedom) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)


@dataclass(frozen=True)
class Difference:
    """One measure: each policy's values by seed, and what the first has more than the other, paired by seed."""

    measure: str
    ours: Interval
    theirs: Interval
    more: Interval

    @property
    def verdict(self) -> str:
        """Who has less of it: told only where the interval does not hold 0."""
        if self.more.high < 0:
            return "better"
        return "worse" if self.more.low > 0 else "no difference shown"


@dataclass(frozen=True)
class PolicyComparison:
    """A policy against another one on one scenario. SIMULATED, like everything that comes of the simulator."""

    scenario: str
    policy: str
    against: str
    seeds: tuple[int, ...]
    differences: tuple[Difference, ...]


def compare(
    scenario: Scenario, policy: Policy, against: Sequence[Policy], seeds: Sequence[int], *, processes: int
) -> list[PolicyComparison]:
    """A policy against each of the others, all on the same seeds."""
    policies = [policy, *against]
    jobs = [(scenario, one, seed) for one in policies for seed in seeds]
    with ProcessPoolExecutor(processes) as pool:
        found = list(pool.map(_summary, *zip(*jobs, strict=True)))
    by_policy = [found[start : start + len(seeds)] for start in range(0, len(found), len(seeds))]
    return [
        PolicyComparison(scenario.name, policy.name, other.name, tuple(seeds), differences(by_policy[0], theirs))
        for other, theirs in zip(against, by_policy[1:], strict=True)
    ]


def differences(ours: Sequence[Summary], theirs: Sequence[Summary]) -> tuple[Difference, ...]:
    """Every measure, of runs that are paired by seed."""
    return tuple(
        Difference(
            name,
            Interval.of([measure(one) for one in ours]),
            Interval.of([measure(one) for one in theirs]),
            Interval.of([measure(one) - measure(other) for one, other in zip(ours, theirs, strict=True)]),
        )
        for name, measure in MEASURES.items()
    )


def _summary(scenario: Scenario, policy: Policy, seed: int) -> Summary:
    return rehearse(scenario, policy, seed).summary
