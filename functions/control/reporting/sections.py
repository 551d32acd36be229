"""The sections of a report: each reads what functions have kept of one day."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final

from functions.control.budget_view import budget_view
from functions.control.reporting.forecast_scores import day_scores
from functions.control.reporting.report_day import ReportDay
from functions.control.views import occurrence_view
from shared.budget.documents import Budgets
from shared.budget.spend_days import SpendDays
from shared.coordination.ballots import Ballots
from shared.coordination.proposal import MoveHome, details_of, kind_of
from shared.crowds.calendar_store import CalendarStore
from shared.crowds.load_days import MINUTES_PER_DAY, LoadDays
from shared.crowds.paths import forecast_score_document
from shared.crowds.plan_store import load_plan
from shared.crowds.timeline import EntryKind, Timeline
from shared.domain.load import LoadSample
from shared.domain.money import MICROS_PER_DOLLAR
from shared.ports.clock import Clock
from shared.ports.failure_counts import FailureCounts
from shared.ports.state import StateStore
from shared.topology import load_topology

_TOLD: Final = 5_000
"""Entries of the timeline that are looked through for one day."""
_SHOWN: Final = 300
"""Entries of one day in a report: a document of Firestore has at most 1 MiB."""
_WEEK: Final = timedelta(days=7)
_AHEAD: Final = timedelta(days=1)

Section = Callable[[ReportDay], Mapping[str, Any]]


class Sections:
    """Reads; nothing is changed, so a section can be asked for as often as wanted."""

    def __init__(self, state: StateStore, ballots: Ballots, failures: FailureCounts, clock: Clock) -> None:
        self._state = state
        self._ballots = ballots
        self._failures = failures
        self._clock = clock
        self._regions = list(load_topology().regions)

    def by_name(self) -> dict[str, Section]:
        """All there are, in the order in which they are shown."""
        return {
            "load": self.load,
            "forecasts": self.forecasts,
            "spend": self.spend,
            "incidents": self.incidents,
            "failures": self.failures,
            "plan": self.plan,
        }

    def load(self, day: ReportDay) -> dict[str, Any]:
        """Requests of each region that had any, the fullest minute, and the day a week before."""
        days = LoadDays(self._state)
        found = []
        for region in self._regions:
            samples = _of(day, days.read(region, day.end, 1))
            if samples:
                before = _of(ReportDay(day.day - _WEEK), days.read(region, day.end - _WEEK, 1))
                found.append(_load_view(region, samples, sum(one.requests for one in before) if before else None))
        found.sort(key=lambda one: -one["requests"])
        return {"regions": found, "requests": sum(one["requests"] for one in found)}

    def forecasts(self, day: ReportDay) -> dict[str, Any]:
        """How good the forecasts of the day's bins were, by region; two days are kept."""
        documents = self._state.get_many([forecast_score_document(region) for region in self._regions])
        pairs = zip(self._regions, documents, strict=True)
        found = [
            {"region": region, "method": document.data["method"], **scores}
            for region, document in pairs
            if document is not None and (scores := day_scores(document.data["log"], day)) is not None
        ]
        return {"regions": found}

    def spend(self, day: ReportDay) -> dict[str, Any]:
        """What each region cost, in list prices, and where the budget stands now."""
        spent = SpendDays(self._state).of(day.day)
        regions = sorted((spent or {}).items(), key=lambda one: -one[1])
        now = self._clock.now()
        return {
            "regions": [{"region": region, "dollars": micros / MICROS_PER_DOLLAR} for region, micros in regions],
            "dollars": None if spent is None else sum(spent.values()) / MICROS_PER_DOLLAR,
            "budget": budget_view(self._state, Budgets(self._state), now),
        }

    def incidents(self, day: ReportDay) -> dict[str, Any]:
        """Changes of level, alerts, orders about money, and homes that were moved."""
        told = Timeline(self._state).since(day.begin, limit=_TOLD)
        kinds = (EntryKind.ALERT, EntryKind.SERVING_MODE, EntryKind.BUDGET)
        entries = [
            {"at": one.at.isoformat(), "kind": one.kind.value, "text": one.text}
            for one in told
            if day.holds(one.at) and one.kind in kinds
        ]
        ballots = [
            {
                "ballot": one.id,
                "about": kind_of(one.proposal).value,
                "outcome": None if one.outcome is None else one.outcome.value,
                "decided_at": one.decided_at.isoformat(),
                "was_failover": isinstance(one.proposal, MoveHome) and not one.proposal.is_planned,
                "proposal": details_of(one.proposal),
            }
            for one in self._ballots.all()
            if one.decided_at is not None and day.holds(one.decided_at)
        ]
        return {"entries": entries[-_SHOWN:], "ballots": ballots, "left_off": max(0, len(entries) - _SHOWN)}

    def failures(self, day: ReportDay) -> dict[str, Any]:
        """Breakers that opened, by dependency, and dead letters, by the subscription or function that gave up.

        Raises:
            DependencyUnavailable: they cannot be told now.
        """
        found = self._failures.between(day.begin, day.end)
        return {"breakers": _counts(found.breakers), "dead_letters": _counts(found.dead_letters)}

    def plan(self, _: ReportDay) -> dict[str, Any]:
        """The next 24 hours as they look now: events, and the most that each region is planned to keep."""
        now, plan = self._clock.now(), load_plan(self._state)
        events = CalendarStore(self._state).occurrences(now, now + _AHEAD)
        peaks = []
        for region, steps in sorted(plan.steps.items() if plan is not None else ()):
            ahead = [step for step in steps if step.starts_at < now + _AHEAD]
            if ahead:
                most = max(ahead, key=lambda step: step.instances)
                peaks.append(
                    {
                        "region": region,
                        "instances": most.instances,
                        "from": most.starts_at.isoformat(),
                        "reason": most.reason.value,
                    }
                )
        return {
            "from": now.isoformat(),
            "revision": None if plan is None else plan.revision,
            "events": [_event_view(occurrence_view(one)) for one in events],
            "regions": [one for one in peaks if one["instances"]],
        }


def _counts(found: Mapping[str, int] | None) -> list[dict[str, Any]] | None:
    """The most first; None: not counted here."""
    if found is None:
        return None
    return [{"name": name, "count": count} for name, count in sorted(found.items(), key=lambda one: (-one[1], one[0]))]


def _of(day: ReportDay, samples: list[LoadSample]) -> list[LoadSample]:
    return [one for one in samples if day.holds(one.minute)]


def _load_view(region: str, samples: list[LoadSample], week_before: int | None) -> dict[str, Any]:
    fullest = max(samples, key=lambda one: one.requests)
    requests = sum(one.requests for one in samples)
    return {
        "region": region,
        "requests": requests,
        "fullest_minute": {"at": fullest.minute.isoformat(), "requests": fullest.requests},
        "known_share": len(samples) / MINUTES_PER_DAY,
        "week_before": week_before,
        "change": requests / week_before - 1 if week_before else None,
    }


def _event_view(event: Mapping[str, Any]) -> dict[str, Any]:
    return {name: event[name] for name in ("id", "name", "kind", "starts_at", "ends_at", "regions")}
