"""A day or month of which all is spent calls for a stop: a decision, and the workflow that carries it through."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from functions.budget_enforcement.pacing import Standing
from functions.budget_enforcement.serving_level import NO_LONGER_EXHAUSTED
from shared.budget.decision_store import SpendingDecisions
from shared.budget.decisions import EMERGENCY_STOP, SpendingDecision
from shared.budget.windows import Window
from shared.crowds.timeline import EntryKind, Timeline, TimelineEntry
from shared.domain.money import dollars
from shared.errors import NotFound
from shared.ports.workflow_runs import WorkflowRuns
from shared.telemetry import log

WORKFLOW: Final = "enforce_budget"
BEGUN_AGAIN: Final = timedelta(minutes=10)
"""Where an execution ended and its decision did not, so long after it began."""
_NAMES: Final = {Window.DAY: "day-%Y%m%d", Window.MONTH: "month-%Y%m"}
"""An hour is over before anybody has answered."""


class WantStop:
    """Looks at what is booked, not at the worst that may come: the pace sees to that. One decision a window."""

    def __init__(self, decisions: SpendingDecisions, runs: WorkflowRuns, timeline: Timeline) -> None:
        self._decisions = decisions
        self._runs = runs
        self._timeline = timeline

    def __call__(self, windows: Sequence[Standing], now: datetime, *, stopped: bool) -> None:
        """Want what is called for, say where its cause has gone, and see to it that somebody carries it through.

        Raises:
            DependencyUnavailable: somebody does not answer; the next tick looks again.
            RevisionConflict: another tick does this now.
        """
        for standing in windows:
            window = standing.window
            if window not in _NAMES:
                continue
            used = standing.booked / standing.limit
            decision = self._decisions.find(_name(window, now))
            if decision is None and used >= 1 and not stopped:
                decision = self._want(standing, used, now)
            if decision is not None and not decision.is_lifted:
                self._see_to(decision, now, cause_is_gone=used < NO_LONGER_EXHAUSTED)
            past = self._decisions.find(_name(window, window.start_of(now) - timedelta(microseconds=1)))
            if past is not None and not past.is_lifted:
                self._see_to(past, now, cause_is_gone=True)

    def _want(self, standing: Standing, used: float, now: datetime) -> SpendingDecision:
        window = standing.window
        name, why = _name(window, now), f"{used:.0%} of the {window.value}'s {dollars(standing.limit)} is spent"
        wanted = SpendingDecision(
            name, EMERGENCY_STOP, window.value, why, used, wanted_at=now, ends_at=window.end_of(now)
        )
        text = f"a stop is wanted, because {why}: swell budget approve {name}, or refuse"
        self._timeline.note_once(TimelineEntry(now, EntryKind.ALERT, f"wanted {name}", text))
        return self._decisions.want(wanted)

    def _see_to(self, decision: SpendingDecision, now: datetime, *, cause_is_gone: bool) -> None:
        if cause_is_gone and not decision.cause_is_gone:
            decision = self._decisions.change(decision.id, SpendingDecision.without_cause)
        if self._is_carried_through(decision, now):
            return
        attempt = decision.attempt + 1
        log("WARNING", "stop wanted", decision=decision.id, window=decision.window, attempt=attempt)
        argument = {"decision": decision.id, "action": decision.action}
        run = self._runs.start(WORKFLOW, argument, name=f"budget-{decision.id}-{attempt}")
        self._decisions.change(decision.id, lambda one: one.begun(run.id, attempt, now))

    def _is_carried_through(self, decision: SpendingDecision, now: datetime) -> bool:
        if decision.begun_at is None:
            return False
        if now - decision.begun_at < BEGUN_AGAIN:
            return True
        try:
            return not self._runs.get(WORKFLOW, decision.run).state.is_final
        except NotFound:
            return False


def _name(window: Window, moment: datetime) -> str:
    return window.start_of(moment).strftime(_NAMES[window])
