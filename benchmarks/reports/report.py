"""One run, judged once; its forms are in the modules beside."""

from dataclasses import dataclass

from benchmarks.analysis import exit_codes
from benchmarks.analysis.against import against
from benchmarks.analysis.anomalies import Anomaly, anomalies
from benchmarks.analysis.bottleneck import bottleneck
from benchmarks.analysis.burn import ErrorBudget, error_budgets
from benchmarks.analysis.gate import EXIT_CODES, Judged, Verdict, judge, verdict_of
from benchmarks.analysis.paired import Finding, Paired
from benchmarks.analysis.score import Score, score
from benchmarks.rehearsal.result import Run


@dataclass(frozen=True)
class Report:
    """A run and what follows from it."""

    run: Run
    judged: tuple[Judged, ...]
    verdict: Verdict
    score: Score
    anomalies: tuple[Anomaly, ...]
    bottleneck: tuple[str, ...]
    budgets: tuple[ErrorBudget, ...]
    base: Run | None = None
    changes: tuple[Paired, ...] = ()
    """From `base` to the run."""

    @property
    def exit_code(self) -> int:
        """0 kept, 99 broken, 98 not proven, 97 invalid; 96 where nothing is broken, but worse than the base."""
        worse = any(one.finding is Finding.WORSE for one in self.changes)
        if worse and self.verdict in {Verdict.KEPT, Verdict.NOT_PROVEN}:
            return exit_codes.REGRESSION
        return EXIT_CODES[self.verdict]

    @property
    def word(self) -> str:
        """SIMULATED, where it is."""
        return "SIMULATED · " if self.run.meta.simulated else ""


def report_on(run: Run, base: Run | None = None) -> Report:
    """Judge a run, and how it differs from an earlier one.

    Raises:
        NotComparable: the earlier one is not of the same.
    """
    judged = judge(run)
    return Report(
        run,
        judged,
        verdict_of(run, judged),
        score(run, judged),
        anomalies(run),
        bottleneck(run),
        error_budgets(run),
        base,
        () if base is None else against(run, base),
    )
