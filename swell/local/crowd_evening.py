"""An evening with a crowd, on a local Swell whose time is moved on minute by minute: it is as quick as the machine is.

Time stands still until what a minute brings has been done: ticks handled, load reported, jobs in line, and processes
there that were started longer ago than the plan counts with. So nothing that is decided depends on how fast they were.
"""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx

from functions.scaling.plan_jobs import PREFIX, changes_between, jobs_of
from shared.adapters.embedded.workflow_runs import StoredWorkflowRuns
from shared.adapters.platform import WORKFLOWS
from shared.adapters.stored.fleet import StoredFleet
from shared.adapters.stored.jobs import StoredJobs
from shared.adapters.stored.load_metrics import StoredLoadMetrics
from shared.auth.key_record import Grant
from shared.auth.key_store import KeyStore
from shared.auth.scope import Scope
from shared.budget.documents import LEDGER
from shared.coordination.membership import Membership
from shared.coordination.paths import TASKS
from shared.coordination.tasks.task import Task
from shared.crowds.paths import fleet_document, forecast_document
from shared.crowds.plan_store import load_plan
from shared.crowds.timeline import Timeline, TimelineEntry
from shared.domain.tier import Tier
from shared.errors import DependencyUnavailable
from shared.listing import listed
from shared.ports.clock import SystemClock
from shared.ports.state import StateStore
from swell.local.crowd_clock import CrowdClock

MINUTE: Final = timedelta(minutes=1)
COLLECTION: Final = "evening"
PER_INSTANCE: Final = 5
"""Requests a minute that one process is planned with: one machine asks for a crowd, and answers it too."""
WARM_UP_MIN: Final = 3
ENVIRONMENT: Final = {
    "SWELL_REQUESTS_PER_MIN_PER_INSTANCE": str(PER_INSTANCE),
    "SWELL_WARM_UP_S": str(WARM_UP_MIN * 60),
    "SWELL_RAMP_INSTANCES_PER_MIN": "1",
    "SWELL_LOAD_REPORT_S": "0.1",
}
"""What the functions of such an evening are given: processes come slowly, so lead matters."""
_SETTLED_WITHIN_S: Final = 60.0
_LOOK_EVERY_S: Final = 0.02
_CREEP: Final = timedelta(seconds=10)


def started_clock(clock: CrowdClock) -> CrowdClock:
    """The clock, at the same time of tomorrow: what an hour and a day may cost depends on how much of them is left."""
    clock.set((datetime.now(UTC) + timedelta(days=1)).replace(hour=12, minute=37, second=0, microsecond=0), speed=0)
    return clock


class CrowdEvening:
    """Asks, lets minutes pass, and looks."""

    def __init__(self, clock: CrowdClock, state: StateStore, region: str, http: httpx.Client) -> None:
        self.http = http
        self._free_key = ""
        self._clock = clock
        self._state = state
        self._region = region
        self._fleet = StoredFleet(state)
        self._jobs = StoredJobs(state)
        self._load = StoredLoadMetrics(state, (region,))
        self._runs = StoredWorkflowRuns(state, clock, WORKFLOWS)
        self._members = Membership(state, SystemClock())
        self._began = clock.now()
        self._short_since: datetime | None = None
        self._asked_first: datetime | None = None

    @property
    def now(self) -> datetime:
        """The moment at which time stands."""
        return self._clock.now()

    @property
    def ready(self) -> int:
        """Query processes that answer."""
        return self._fleet.size(self._region).ready or 0

    @property
    def wanted(self) -> int:
        """Query processes that scaling asked for."""
        return self._fleet.size(self._region).min_instances

    def told(self) -> list[TimelineEntry]:
        """The timeline of the evening."""
        return list(Timeline(self._state).since(self._began - MINUTE))

    def prepare(self) -> None:
        """A small collection that can be asked."""
        self.http.put(f"/v1/collections/{COLLECTION}", json={"dimension": 2}).raise_for_status()
        records = [{"id": f"r{number}", "vector": [1.0, float(number)]} for number in range(20)]
        body = {"records": records, "wait": "committed"}
        self.http.post(f"/v1/collections/{COLLECTION}/upsert", json=body).raise_for_status()

    def require_keys(self) -> None:
        """From now on everybody shows a key: this evening's operator one of the standard tier."""
        keys = KeyStore(self._state, SystemClock())
        _, operator = keys.create(Grant("operator", frozenset(Scope)), "the evening")
        _, self._free_key = keys.create(Grant("free", frozenset({Scope.READ}), tier=Tier.FREE), "the evening")
        self.http.headers["authorization"] = f"Bearer {operator}"

    def ask(self, *, free: bool = False) -> httpx.Response:
        """One query, as the operator or as a caller of the free tier."""
        body = {"vector": [1.0, 2.0], "top_k": 3}
        headers = {"authorization": f"Bearer {self._free_key}"} if free else {}
        return self.http.post(f"/v1/collections/{COLLECTION}/query", json=body, headers=headers)

    def pass_minutes(self, minutes: int, *, requests: int = 0) -> None:
        """Let minutes pass with so many requests in each; whatever is refused or fails is raised."""
        for _ in range(minutes):
            for _ in range(requests):
                self.ask().raise_for_status()
                self._asked_first = self._asked_first or self.now
            self._clock.set(self.now + MINUTE, speed=0)
            self._settle()

    def pass_until(self, holds: Callable[[], bool], *, within: timedelta, requests: int = 0) -> None:
        """Let minutes pass until something holds.

        Raises:
            DependencyUnavailable: it does not within this much of the evening's time.
        """
        last = self.now + within
        while not holds():
            if self.now >= last:
                raise DependencyUnavailable(f"not within {within} of the evening: {self._standing()}")
            self.pass_minutes(1, requests=requests)

    def await_moment(self, holds: Callable[[], bool], *, before: datetime) -> None:
        """Wait for something that needs the machine's time, and hardly any of the evening's.

        Raises:
            DependencyUnavailable: it does not hold in a minute of the machine's time.
        """
        deadline_s = time.monotonic() + _SETTLED_WITHIN_S
        while not holds():
            if time.monotonic() > deadline_s:
                raise DependencyUnavailable(f"waited in vain at {self.now}: {self._standing()}")
            if self.now + _CREEP < before:
                self._clock.set(self.now + _CREEP, speed=0)
            time.sleep(0.2)

    def _settle(self) -> None:
        now, deadline_s = self.now, time.monotonic() + _SETTLED_WITHIN_S
        for name, holds in self._expected(now).items():
            while not holds():
                if time.monotonic() > deadline_s:
                    raise DependencyUnavailable(f"{name} not within {_SETTLED_WITHIN_S:.0f} s: {self._standing()}")
                time.sleep(_LOOK_EVERY_S)

    def _expected(self, now: datetime) -> dict[str, Callable[[], bool]]:
        minute = now.replace(second=0, microsecond=0)
        return {
            "scaling": lambda: _reached(self._field(fleet_document(self._region), "decided_at"), minute),
            "load": lambda: self._asked_first is None or bool(self._load.minutes(minute - MINUTE, minute)),
            "forecast": lambda: minute.minute % 5 != 0 or self._has_forecast(minute),
            "jobs": self._jobs_in_line,
            "prewarms": self._prewarms_loaded,
            "budget": lambda: self._state.get(LEDGER) is None or _reached(self._field(LEDGER, "decided_at"), minute),
            "processes": lambda: self._started_lately(now) or self.ready >= self.wanted,
        }

    def _has_forecast(self, minute: datetime) -> bool:
        """Of this minute, if there is anything to forecast from: the first whole bin, or an event."""
        known = self._asked_first is not None and minute - self._asked_first > 6 * MINUTE
        made_at = self._field(forecast_document(self._region), "made_at")
        return (made_at is None and not known) or _reached(made_at, minute)

    def _jobs_in_line(self) -> bool:
        plan, now = load_plan(self._state), self.now
        if plan is None:
            return True
        pending = self._jobs.pending(PREFIX)
        changes = changes_between(pending, jobs_of(plan, now, now + timedelta(hours=24)))
        return not changes.schedule and not changes.cancel

    def _prewarms_loaded(self) -> bool:
        """Whether all that prewarms had regions open is open: that takes the machine's time, not the evening's."""
        runs = [run.argument for run in self._runs.list("prewarm_regions") if not run.state.is_final]
        tasks = [Task.from_data(one.id, one.data) for one in listed(self._state, TASKS)] if runs else []
        return all(self._is_loaded(f"warm-{run['plan']}-{run['revision']}-", tasks) for run in runs)

    def _is_loaded(self, named: str, tasks: Sequence[Task]) -> bool:
        """A region that nobody has heard is asked for nothing."""
        asked = [task for task in tasks if task.id.startswith(named)]
        return all(task.is_over for task in asked) and (bool(asked) or self._members.get(self._region) is None)

    def _started_lately(self, now: datetime) -> bool:
        if self.ready >= self.wanted:
            self._short_since = None
            return True
        self._short_since = self._short_since or now
        return now - self._short_since < WARM_UP_MIN * MINUTE

    def _field(self, path: str, name: str) -> Any:
        document = self._state.get(path)
        return None if document is None else document.data[name]

    def _standing(self) -> str:
        told = "; ".join(entry.text for entry in self.told()[-3:])
        return f"{self.ready} of {self.wanted} processes ready, last told: {told}"


def _reached(text: str | None, moment: datetime) -> bool:
    return text is not None and datetime.fromisoformat(text) >= moment
