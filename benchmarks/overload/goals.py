"""What an overloaded process must still do, as ratios within one run."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from benchmarks.overload.run import OverloadReport

LEAST_GOODPUT: Final = 0.8
MOST_PREMIUM_P99: Final = 2.0
MOST_REFUSAL_MS: Final = 5.0
MOST_MEMORY: Final = 1.5
MOST_RECOVERY_S: Final = 5.0


@dataclass(frozen=True)
class OverloadGoal:
    """One goal. `at_least` says on which side of `allowed` the good values are."""

    name: str
    seen: float
    allowed: float
    unit: str = ""
    at_least: bool = False

    @property
    def met(self) -> bool:
        """Whether it was reached."""
        return self.seen >= self.allowed if self.at_least else self.seen <= self.allowed

    @property
    def verdict(self) -> str:
        """PASS or MISS."""
        return "PASS" if self.met else "MISS"

    @property
    def seen_text(self) -> str:
        """The figure."""
        return f"{self.seen:.2f}{self.unit}"

    @property
    def allowed_text(self) -> str:
        """The bound."""
        return f"{'≥' if self.at_least else '≤'} {self.allowed:g}{self.unit}"


def goals(report: "OverloadReport") -> list[OverloadGoal]:
    """Every goal, as seen."""
    return [
        OverloadGoal("goodput ÷ peak", report.good_per_s / report.peak_per_s, LEAST_GOODPUT, at_least=True),
        OverloadGoal("premium p99 ÷ unloaded", report.premium_p99_ms / report.unloaded_p99_ms, MOST_PREMIUM_P99),
        OverloadGoal("premium refused", report.premium_refused / max(report.premium, 1), 0.0),
        OverloadGoal("refusals p99", report.refusal_p99_ms, MOST_REFUSAL_MS, " ms"),
        OverloadGoal("requests without an answer", float(report.unanswered), 0.0),
        OverloadGoal("memory after ÷ before", report.memory_after / report.memory_before, MOST_MEMORY),
        OverloadGoal("recovery", report.recovery_s, MOST_RECOVERY_S, " s"),
    ]
