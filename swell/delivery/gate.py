"""Whether a new revision does as well as the one that it is to replace: a pure comparison of what both were seen to do.

Few requests prove nothing: then the answer is "unproven", never "pass".
"""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

_Z: Final = 1.645
"""One side, 95 %."""


class Outcome(StrEnum):
    """What the comparison says."""

    PASS = "pass"  # noqa: S105 - not a password
    FAIL = "fail"
    UNPROVEN = "unproven"


@dataclass(frozen=True)
class GateRules:
    """How much worse a revision may be.

    * errors: from `least_errors` on, the lower end of its error ratio's interval (Wilson, one side, 95 %) must not pass
      the larger of `most_errors` and `times_errors` times the ratio of the revision in place.
    * latency: its 99th percentile must not pass `times_p99` times that of the revision in place, unless it is below
      `quick_ms`, which nobody notices.
    """

    least_requests: int = 200
    least_errors: int = 3
    most_errors: float = 0.01
    times_errors: float = 2.0
    times_p99: float = 1.5
    quick_ms: float = 50.0


@dataclass(frozen=True)
class Health:
    """What a revision did in a while: requests, those answered 5xx, the 99th percentile of latency if known."""

    requests: int
    errors: int
    p99_ms: float | None = None


@dataclass(frozen=True)
class Verdict:
    """The outcome, and why."""

    outcome: Outcome
    reason: str


DEFAULT_RULES: Final = GateRules()


def judge(candidate: Health, stable: Health, rules: GateRules = DEFAULT_RULES) -> Verdict:
    """Compare."""
    bound = max(rules.most_errors, rules.times_errors * _ratio(stable))
    least = wilson_lower(candidate.errors, candidate.requests)
    if candidate.errors >= rules.least_errors and least > bound:
        return Verdict(
            Outcome.FAIL,
            f"errors: {candidate.errors} of {candidate.requests} requests, at least {least:.2%} with 95 % confidence; "
            f"allowed {bound:.2%}",
        )
    if candidate.requests < rules.least_requests:
        return Verdict(
            Outcome.UNPROVEN, f"{candidate.requests} requests, {rules.least_requests} are needed to say anything"
        )
    if candidate.p99_ms is not None and stable.p99_ms is not None:
        slowest_ms = max(rules.quick_ms, rules.times_p99 * stable.p99_ms)
        if candidate.p99_ms > slowest_ms:
            return Verdict(Outcome.FAIL, f"p99 {candidate.p99_ms:.0f} ms; allowed {slowest_ms:.0f} ms")
    p99 = "unknown" if candidate.p99_ms is None else f"{candidate.p99_ms:.0f} ms"
    return Verdict(Outcome.PASS, f"{candidate.requests} requests, {candidate.errors} errors, p99 {p99}")


def wilson_lower(successes: int, trials: int) -> float:
    """The lower end of Wilson's score interval of a ratio, one side, 95 %; 0 without trials."""
    if not trials:
        return 0.0
    ratio, z2 = successes / trials, _Z * _Z
    centre = ratio + z2 / (2 * trials)
    spread = _Z * math.sqrt(ratio * (1 - ratio) / trials + z2 / (4 * trials * trials))
    return max(0.0, (centre - spread) / (1 + z2 / trials))


def _ratio(health: Health) -> float:
    return health.errors / health.requests if health.requests else 0.0
