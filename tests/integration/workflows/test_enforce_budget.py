"""enforce_budget with the functions that want a stop, vote about it and carry it through; also where they do not."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from starlette.testclient import TestClient

from functions.budget_enforcement.settings import BudgetEnforcementSettings
from functions.budget_enforcement.wiring import build as build_budget
from functions.control.wiring import build as build_control
from shared.adapters.opening import Adapters
from shared.adapters.stored.callbacks import StoredCallbacks
from shared.budget.decision_store import SpendingDecisions
from shared.budget.decisions import DecisionState, SpendingDecision
from shared.budget.documents import Budgets
from shared.budget.emergency_stop import StopState
from shared.budget.limits import Limits
from shared.domain.load import LoadMinute
from shared.domain.money import micros_of
from shared.events.codec import to_message
from shared.events.crowds import SpendDueV1
from shared.ports.workflow_runs import WorkflowRun
from swell.local.workflows.callback_desk import CallbackServer
from swell.local.workflows.calls.http import Request, Response
from swell.local.workflows.timing import Stop
from tests.builders.agents import voting_agents
from tests.builders.interference import Crashed, InterferedState
from tests.builders.workflows import Stage, workflow_file
from tests.fakes.clock import FrozenClock
from tests.fakes.crowds import GivenLoad, paper_platform
from tests.fakes.objects import InMemoryObjects
from tests.fakes.publisher import RecordingPublisher
from tests.fakes.state import InMemoryState
from tests.fakes.workflow_functions import answer
from tests.fakes.workflow_time import VirtualTime

EVENING = datetime(2026, 6, 10, 22, 30, tzinfo=UTC)
MIDNIGHT = datetime(2026, 6, 11, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
REGIONS = ("us-central1", "europe-west1", "us-east1")
DAY = "day-20260610"
_ASK = {"action": "emergency_stop", "callback_url": "http://127.0.0.1/x", "deadline_s": 9}
DECISION = f"/v1/budget/decisions/{DAY}"


class World(VirtualTime):
    """An evening on which all of a day is spent; waiting lets minutes pass, and what was planned for them happen."""

    def __init__(self) -> None:
        self.clock, self.load = FrozenClock(EVENING), GivenLoad()
        super().__init__(self.clock)
        self.state, self._stop_broken = InMemoryState(clock=self.clock), False
        publisher = RecordingPublisher()
        adapters = Adapters(self.state, InMemoryObjects(clock=self.clock), publisher, self.clock)
        platform = paper_platform(self.state, self.clock, self.load)
        settings = BudgetEnforcementSettings.model_validate({"runtime": "embedded", "data_dir": "unused"})
        self.budget, self.runs = build_budget(adapters, platform, settings), platform.runs
        self.http = TestClient(build_control(adapters, platform))
        interfered = InterferedState(self.state, self._interfere)
        crashing = Adapters(interfered, adapters.objects, publisher, self.clock)
        self.crashing = TestClient(build_control(crashing, platform))
        self._platform, self._crash_at, self._effects = platform, 0, 0
        self._agents = voting_agents(self.state, self.clock, publisher, REGIONS)
        self.plans: dict[int, Callable[[], object]] = {}
        self.away: set[str] = set()
        self.regions_are_heard = True
        Budgets(self.state).set_limits(Limits(micros_of(50), micros_of(1), micros_of(1000)))

    def overspend(self) -> None:
        """Sixty instances for ten minutes are two dollars, and a day may cost one; nobody answers after that."""
        self.minutes(10, instances=60)
        self.minutes(3)

    def minutes(self, count: int, instances: int = 0) -> None:
        """Minutes pass; each ends with a tick of the budget, delivered twice, and with one of every region."""
        for _ in range(count):
            now = self.clock.now()
            self.load.given.append(
                LoadMinute("us-east1", now, 600, now + MINUTE, instances, active_ms=instances * 60_000)
            )
            self.clock.advance(MINUTE)
            message = to_message(SpendDueV1(event_id=f"s-{now}", occurred_at=self.clock.now()))
            for _ in range(2):
                self.budget.consume(message.data, message.attributes)
            for agent in self._agents if self.regions_are_heard else []:
                agent.tick()

    def wait_until(self, moment: datetime, stop: Stop, done: Callable[[], bool] = lambda: False) -> None:
        """As the protocol; to the minute."""
        while not done() and self.now() < moment:
            stop.check()
            self.minutes(1)
            self.plans.pop(len(self.load.given) - 13, lambda: None)()

    def send(self, request: Request) -> Response:
        """As the protocol of a sender; each request twice, since the first answer is lost on its way."""
        path = urlsplit(request.url).path
        if path in self.away:
            return answer(None, 503)
        for _ in range(2):
            given = self.http.request(request.method, path, content=request.body, headers=dict(request.headers))
        return Response(given.status_code, dict(given.headers), given.content)

    def run(self, number: int = -1) -> Any:
        """The execution that budget enforcement began."""
        return self._stage().run(workflow_file("enforce_budget"), self.begun[number].argument)

    def failure(self) -> Any:
        """The same, which fails."""
        return self._stage().failure(workflow_file("enforce_budget"), self.begun[-1].argument)

    def _stage(self) -> Stage:
        desk = CallbackServer(StoredCallbacks(self.state, self.clock))
        desk.url = "http://127.0.0.1:1"
        return Stage(self, {"SWELL_CONTROL_URL": "http://control.test"}, self, desk=desk)

    def answer(self, *, approves: bool, who: str = "Ada") -> int:
        """The word of an operator; the status."""
        body = {"operator": who, "approves": approves, "why": "I looked"}
        return int(self.http.post(f"{DECISION}/answer", json=body).status_code)

    def post(self, step: str) -> int:
        """The status of a step that is asked for by itself."""
        return int(self.http.post(f"{DECISION}/{step}").status_code)

    def crash(self, step: str, effect: int) -> bool:
        """Whether control died before that effect of a step; else it was done."""
        self._crash_at, self._effects = effect, 0
        with suppress(Crashed, RuntimeError):  # the loop of the client that called may have died with it
            self.crashing.post(f"{DECISION}/{step}")
        return self._effects >= effect

    def _interfere(self, moment: str) -> None:
        if moment == "before":
            self._effects += 1
            if self._effects == self._crash_at:
                raise Crashed

    @property
    def begun(self) -> list[WorkflowRun]:
        """Executions, the oldest first."""
        return self.runs.list("enforce_budget")[::-1]

    @property
    def decision(self) -> SpendingDecision:
        """As it is kept."""
        return SpendingDecisions(self.state).get(DAY)

    @property
    def stop(self) -> StopState:
        """Whether all is stopped."""
        return Budgets(self.state).stop()

    @property
    def told(self) -> list[str]:
        """What stands in the timeline of decisions and stops."""
        entries = self.http.get("/v1/timeline", params={"since": EVENING.isoformat()}).json()["entries"]
        return [entry["text"] for entry in entries if "stop" in entry["text"] or "goes on" in entry["text"]]


@pytest.fixture
def world() -> World:
    """All of the day is spent, and a stop is wanted."""
    world = World()
    world.overspend()
    return world


def test_a_day_that_is_spent_begins_one_execution() -> None:
    """However often ticks come; nothing is stopped yet."""
    world = World()
    world.minutes(3, instances=1)
    assert world.begun == []

    world.overspend()

    assert [run.argument for run in world.begun] == [{"decision": DAY, "action": "emergency_stop"}]
    assert world.decision.state is DecisionState.WANTED
    assert not world.stop.stopped


def test_what_an_operator_approves_stops_at_once_and_ends_with_the_day(world: World) -> None:
    """In her name, with the reason; and the next day begins as days do."""
    world.plans[2] = lambda: world.answer(approves=True)
    world.plans[4] = lambda: seen.append(world.stop)
    seen: list[StopState] = []

    assert world.run() == {"state": "lifted"}

    assert [(one.stopped, one.by, one.decision) for one in seen] == [(True, "Ada", DAY)]
    assert MIDNIGHT <= world.clock.now() < MIDNIGHT + 6 * MINUTE
    assert not world.stop.stopped
    assert world.told[0].startswith("a stop is wanted, because 105% of the")
    assert f"Ada approves the stop of decision {DAY}, because I looked" in world.told
    assert "Ada: stop all spending, because 105% of the day's $1.00 is spent (stopped)" in world.told
    assert world.told[-1] == f"decision {DAY}: spending goes on, because it is over (released)"
    world.minutes(15)
    assert len(world.begun) == 1


def test_silence_stops_where_the_regions_see_it_too(world: World) -> None:
    """After a quarter of an hour, in the name of their ballot."""
    begun = world.clock.now()
    world.plans[14] = lambda: stopped.append(world.stop.stopped)
    world.plans[16] = lambda: stopped.append(world.stop.stopped)
    stopped: list[bool] = []

    assert world.run() == {"state": "lifted"}

    assert stopped == [False, True]
    assert world.told[1].startswith(f"ballot stop-{DAY}: stop all spending, because 105% of the")
    assert world.clock.now() > begun + 15 * MINUTE


def test_silence_alone_stops_nothing() -> None:
    """No region is heard, so nobody stands behind it; the decision is closed, and the next day is open."""
    world = World()
    world.regions_are_heard = False
    world.overspend()

    assert world.run() == {"state": "not_applied"}

    assert world.decision.state is DecisionState.LIFTED
    assert not any("stop all" in text for text in world.told)
    assert world.post("apply") == 409


def test_a_no_is_a_no(world: World) -> None:
    """Whatever the regions see; said again it is the same, and another word comes too late."""
    world.plans[3] = lambda: statuses.extend(
        [world.answer(approves=False), world.answer(approves=False), world.answer(approves=True, who="Grace")]
    )
    statuses: list[int] = []

    assert world.run() == {"state": "not_applied"}

    assert statuses == [200, 200, 409]
    assert world.clock.now() < MIDNIGHT
    assert not any("stop all" in text for text in world.told)
    assert [text for text in world.told if "refuses" in text] == [
        f"Ada refuses the stop of decision {DAY}, because I looked"
    ]


def test_a_raise_ends_the_stop_and_the_pause_that_comes_with_it(world: World) -> None:
    """Its cause is gone before the day is."""
    world.answer(approves=True)
    world.plans[5] = lambda: world.http.put("/v1/budget", json={"hour": 50, "day": 100, "month": 1000})

    assert world.run() == {"state": "lifted"}

    assert world.clock.now() < MIDNIGHT
    assert not world.stop.stopped


@pytest.mark.parametrize(("order", "stopped"), [("resume", False), ("stop", True)])
def test_an_operator_who_orders_something_else_has_the_last_word(world: World, order: str, *, stopped: bool) -> None:
    """Spending goes on though the decision holds, or is stopped though it is over; late requests change nothing."""
    world.answer(approves=True)
    world.plans[5] = lambda: world.http.post(f"/v1/budget/{order}", json={"operator": "Grace"})

    assert world.run() == {"state": "lifted"}

    assert (world.stop.stopped, world.stop.by) == (stopped, "Grace")
    assert [world.post("apply"), world.post("lift")] == [409, 200]
    assert (world.stop.stopped, world.stop.by) == (stopped, "Grace")


def test_an_execution_that_ended_before_its_decision_is_begun_again(world: World) -> None:
    """Control was away for a while; ten minutes later another one takes up what the first left."""
    world.away = {f"{DECISION}/propose"}
    assert world.failure()["code"] == 503
    world.runs.cancel("enforce_budget", world.begun[0].id)
    world.away, world.regions_are_heard = set(), False

    world.minutes(11)

    assert len(world.begun) == 2
    world.answer(approves=True)
    assert world.run() == {"state": "lifted"}


def test_a_stop_whose_lifting_failed_is_lifted_by_the_next_execution(world: World) -> None:
    """Also after its day: nothing stays stopped because a function was away."""
    world.answer(approves=True)
    world.away = {f"{DECISION}/lift"}
    world.failure()
    world.runs.cancel("enforce_budget", world.begun[0].id)
    assert world.stop.stopped
    world.away = set()

    world.minutes(2)

    world.run()

    assert world.decision.state is DecisionState.LIFTED
    assert not world.stop.stopped


def test_control_may_die_anywhere(world: World) -> None:
    """Before any of its reads and writes; asked again, the step is done, once."""
    world.answer(approves=True)
    crashes = 0
    while world.crash("apply", crashes + 1):
        crashes += 1
    assert world.stop.stopped
    assert world.decision.state is DecisionState.APPLIED
    assert [text for text in world.told if text.startswith("Ada: stop all spending, because 105%")]
    assert crashes > 4

    crashes = 0
    while world.crash("lift", crashes + 1):
        crashes += 1
    assert not world.stop.stopped
    assert world.decision.state is DecisionState.LIFTED
    assert crashes > 4


def test_what_was_lifted_is_not_applied_again(world: World) -> None:
    """A request that comes late, out of order, or after the time of the decision."""
    world.answer(approves=True)
    assert [world.post("lift"), world.post("apply"), world.post("lift")] == [200, 409, 200]
    assert not world.stop.stopped
    assert world.answer(approves=True) == 200
    assert world.answer(approves=False, who="Grace") == 409


def test_a_decision_that_expired_is_not_applied(world: World) -> None:
    """It was about yesterday."""
    world.answer(approves=True)
    world.minutes(int((MIDNIGHT - world.clock.now()) / MINUTE) + 1)

    assert world.post("apply") == 409
    assert world.http.get(DECISION).json()["is_over"] is True


@pytest.mark.parametrize(
    ("path", "body", "status", "field"),
    [
        (
            "propose",
            {**_ASK, "callback_url": "http://10.0.0.1/x"},
            400,
            "callback_url",
        ),
        ("propose", {**_ASK, "action": "delete"}, 400, "action"),
        ("propose", {**_ASK, "deadline_s": 86_401}, 400, "deadline_s"),
        ("answer", {"operator": " ", "approves": True}, 400, "operator"),
        ("answer", {"operator": "Ada", "approves": "yes"}, 400, "approves"),
        ("answer", {"operator": "Ada"}, 400, "approves"),
        ("apply", {"force": True}, 400, "force"),
    ],
)
def test_bad_requests_are_refused_by_name(world: World, path: str, body: Any, status: int, field: str) -> None:
    """Nothing changes."""
    refused = world.http.post(f"{DECISION}/{path}", json=body)

    assert refused.status_code == status
    assert field in refused.text
    assert world.decision.state is DecisionState.WANTED


def test_what_nobody_wanted_cannot_be_carried_through(world: World) -> None:
    """A decision is wanted by budget enforcement, never by a request; and its callback is nobody's to see."""
    assert [world.http.get(f"/v1/budget/decisions/{name}").status_code for name in ("day-20260101", "NO")] == [404, 400]
    assert world.http.post("/v1/budget/decisions/day-20260101/apply").status_code == 404
    [shown] = world.http.get("/v1/budget/decisions").json()["decisions"]
    assert (shown["id"], shown["needs_approval"], "callback_url" in shown) == (DAY, True, False)
