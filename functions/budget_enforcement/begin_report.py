"""Each morning: the workflow that reports about the day before."""

from datetime import UTC, timedelta
from typing import Final

from shared.events.crowds import ReportDueV1
from shared.outcomes import Outcome
from shared.ports.workflow_runs import WorkflowRuns

SECTIONS: Final = ("load", "forecasts", "spend", "incidents", "failures", "plan")
"""As control serves them."""


class BeginReport:
    """One execution a day, however often the tick comes."""

    def __init__(self, runs: WorkflowRuns) -> None:
        self._runs = runs

    def __call__(self, due: ReportDueV1) -> Outcome:
        """Start the workflow.

        Raises:
            DependencyUnavailable: it could not be started; the tick comes again.
        """
        day = (due.occurred_at.astimezone(UTC) - timedelta(days=1)).date().isoformat()
        self._runs.start("daily_report", {"day": day, "sections": list(SECTIONS)}, name=f"report-{day}")
        return Outcome.DONE
