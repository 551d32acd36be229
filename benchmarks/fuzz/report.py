"""What a fuzzing run has seen."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

MAX_FINDINGS: Final = 50


@dataclass(frozen=True)
class Finding:
    """An answer that should not have been given; the first of its kind for this operation."""

    operation: str
    wrong: str
    request: str


@dataclass
class FuzzReport:
    """Counts of answers, and what was wrong."""

    statuses: Counter[int] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    """Answers 503 and 504 by the name of their problem: documented, with a time to come back."""
    cut_streams: int = 0
    """Event streams that went on and were left."""
    unsendable: int = 0
    """Requests that no HTTP client sends, such as one with a line break in a header."""
    findings: list[Finding] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def requests(self) -> int:
        """How many were answered."""
        return sum(self.statuses.values()) + self.cut_streams

    @property
    def failures(self) -> int:
        """Answers of 5xx that are no documented refusal."""
        return sum(count for status, count in self.statuses.items() if status >= 500) - sum(self.refusals.values())

    def found(self, finding: Finding) -> None:
        """Keep a finding, once each kind."""
        known = {(one.operation, one.wrong) for one in self.findings}
        if (finding.operation, finding.wrong) not in known and len(self.findings) < MAX_FINDINGS:
            self.findings.append(finding)


def lines(report: FuzzReport) -> Iterator[str]:
    """The report for people."""
    counts = ", ".join(f"{status}: {count:,}" for status, count in sorted(report.statuses.items()))
    yield f"{report.requests:,} requests in {report.seconds:.0f} s, {report.failures} failures"
    yield f"answers                  {counts}"
    if report.refusals:
        told = ", ".join(f"{name}: {count:,}" for name, count in report.refusals.most_common())
        yield f"documented 503 and 504   {told}"
    for finding in report.findings:
        yield f"\n{finding.operation}\n  {finding.wrong}\n  {finding.request}"
