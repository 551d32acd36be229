"""daily_report against the function that it asks: read, sent, kept, shown; also where a part cannot be read."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from starlette.testclient import TestClient

from functions.budget_enforcement.settings import BudgetEnforcementSettings
from functions.budget_enforcement.wiring import build as build_budget
from functions.control.wiring import build as build_control
from shared.adapters.opening import Adapters
from shared.budget.documents import Budgets
from shared.budget.limits import Limits
from shared.crowds.load_days import LoadDays
from shared.crowds.paths import forecast_score_document
from shared.crowds.timeline import EntryKind, Timeline, TimelineEntry
from shared.domain.load import LoadMinute, LoadSample
from shared.errors import DependencyUnavailable
from shared.events.codec import to_message
from shared.events.crowds import ReportDueV1, SpendDueV1
from shared.ports.failure_counts import Failures
from shared.ports.state import Put
from swell.local.workflows.calls.http import Request, Response
from tests.builders.workflows import Stage, workflow_file
from tests.fakes.clock import FrozenClock
from tests.fakes.crowds import GivenFailures, GivenLoad, paper_platform
from tests.fakes.objects import InMemoryObjects
from tests.fakes.publisher import RecordingPublisher
from tests.fakes.state import InMemoryState
from tests.fakes.workflow_time import VirtualTime

DAY = datetime(2026, 6, 10, tzinfo=UTC)
MORNING = DAY + timedelta(days=1, hours=9)
MINUTE = timedelta(minutes=1)
REGION = "europe-west1"
EVIL = '<script>alert(1)</script> | [x](http://x) "final"'


class World:
    """A day with load, spending, an alert and an event whose name is hostile; then the morning after."""

    def __init__(self) -> None:
        self.clock, load = FrozenClock(DAY + timedelta(hours=12)), GivenLoad()
        self.state = InMemoryState(clock=self.clock)
        adapters = Adapters(self.state, InMemoryObjects(clock=self.clock), RecordingPublisher(), self.clock)
        platform = paper_platform(self.state, self.clock, load)
        settings = BudgetEnforcementSettings.model_validate({"runtime": "embedded", "data_dir": "unused"})
        assert isinstance(platform.failures, GivenFailures)
        self.failures = platform.failures
        self.failures.given = Failures({"firestore": 3}, {"index_update.mutations": 1, "transfer": 12})
        self.budget, self.runs = build_budget(adapters, platform, settings), platform.runs
        self.http = TestClient(build_control(adapters, platform))
        Budgets(self.state).set_limits(Limits(10**7, 10**8, 10**9))
        for _ in range(5):
            now = self.clock.now()
            load.given.append(LoadMinute(REGION, now, 600, now + MINUTE, 6, active_ms=360_000, idle_ms=0))
            self.clock.advance(MINUTE)
            self.deliver(SpendDueV1(event_id="t", occurred_at=self.clock.now()))
        LoadDays(self.state).merge(
            LoadSample(REGION, DAY + MINUTE * number, 10 + number, MORNING) for number in range(60)
        )
        Timeline(self.state).note(TimelineEntry(DAY + timedelta(hours=3), EntryKind.ALERT, "a", EVIL))
        bins = [
            {"made_at_min": (DAY + 5 * MINUTE * number).timestamp() / 60, "model": 90.0, "naive": 50.0}
            | {"persistence": 80.0, "p95": 120.0, "actual": 100.0}
            for number in range(12)
        ]
        self.state.commit([Put(forecast_score_document(REGION), {"method": "growth_model", "scores": {}, "log": bins})])
        event = {"name": EVIL, "kind": "concert", "starts_at_local": "2026-06-11T20:00:00", "duration_min": 60}
        self.http.put("/v1/calendar/events/e", json={**event, "regions": {REGION: 1.0}})
        self.clock.advance(MORNING - self.clock.now())

    def deliver(self, event: Any) -> None:
        """To budget enforcement."""
        message = to_message(event)
        self.budget.consume(message.data, message.attributes)

    def run(self, broken: str = "") -> Any:
        """The execution that the morning's tick started; requests to `broken` fail."""
        [run] = self.runs.list("daily_report")
        functions = _Control(self.http, broken)
        stage = Stage(functions, {"SWELL_CONTROL_URL": "http://control.test"}, VirtualTime(self.clock))
        return stage.run(workflow_file("daily_report"), run.argument)


class _Control:
    """Sends each request twice: the first answer is lost on its way."""

    def __init__(self, http: TestClient, broken: str) -> None:
        self._http = http
        self._broken = broken

    def send(self, request: Request) -> Response:
        """As the protocol of a sender."""
        path = urlsplit(request.url).path
        if self._broken and path.endswith(self._broken):
            return Response(500, {}, b"{}")
        for _ in range(2):
            answer = self._http.request(request.method, path, content=request.body, headers=dict(request.headers))
        return Response(answer.status_code, dict(answer.headers), answer.content)


@pytest.fixture
def world() -> World:
    """At nine, with the tick delivered twice."""
    built = World()
    for _ in range(2):
        built.deliver(ReportDueV1(event_id="r", occurred_at=MORNING))
    return built


def test_the_day_is_reported_once_and_kept(world: World) -> None:
    """One execution for two ticks; the report holds what functions have kept of the day, and is told once."""
    assert world.run() == {"state": "sent", "sent_to": ["reports", "timeline"], "missing": []}
    world.run()

    report = world.http.get("/v1/reports/2026-06-10").json()
    sections = report["sections"]
    assert (report["missing"], report["sent_at"]) == ([], MORNING.isoformat())
    assert sections["load"]["requests"] == sum(range(10, 70))
    assert sections["forecasts"]["regions"][0] | {"skill": 0.5} == {
        "region": REGION,
        "method": "growth_model",
        "bins": 12,
        "accuracy": pytest.approx(0.9),
        "skill": 0.5,
        "coverage_p95": 1.0,
    }
    [spent] = sections["spend"]["regions"]
    assert spent["region"] == REGION
    assert sections["spend"]["dollars"] == pytest.approx(spent["dollars"])
    assert sections["spend"]["dollars"] > 0
    assert EVIL in [one["text"] for one in sections["incidents"]["entries"]]
    assert [one["name"] for one in sections["plan"]["events"]] == [EVIL]
    assert world.http.get("/v1/reports").json() == {"days": ["2026-06-10"]}
    told = [one.text for one in Timeline(world.state).since(DAY) if one.kind is EntryKind.REPORT]
    assert told == ["the report of 2026-06-10 is there: swell report --date 2026-06-10"]


def test_it_is_shown_as_text_whatever_it_says(world: World) -> None:
    """Names come from feeds: neither HTML nor Markdown takes them for more than text."""
    world.run()

    page = world.http.get("/v1/reports/2026-06-10", params={"format": "html"})
    text = world.http.get("/v1/reports/2026-06-10", params={"format": "markdown"}).text

    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert "<script>" not in page.text
    assert "&lt;script&gt;" in page.text
    assert "[x](http" not in text
    assert "\\<script\\>" in text
    assert "## Spending" in text
    assert "The budget as it stood at 2026-06-1" in text


def test_breakers_and_dead_letters_are_counted(world: World) -> None:
    """Of the day, the most first, in every form; where nobody counts them that is said."""
    world.run()

    section = world.http.get("/v1/reports/2026-06-10").json()["sections"]["failures"]
    page = world.http.get("/v1/reports/2026-06-10", params={"format": "html"}).text
    text = world.http.get("/v1/reports/2026-06-10", params={"format": "markdown"}).text
    assert set(world.failures.asked) == {(DAY, DAY + timedelta(days=1))}
    assert section == {
        "breakers": [{"name": "firestore", "count": 3}],
        "dead_letters": [{"name": "transfer", "count": 12}, {"name": "index_update.mutations", "count": 1}],
    }
    assert "## Breakers and dead letters" in text
    assert "| firestore | 3 |" in text
    assert "| transfer | 12 |" in text
    assert "<h2>Breakers and dead letters</h2>" in page
    assert "index_update.mutations</td>" in page

    world.failures.given = Failures(None, {})
    shown = world.http.get("/v1/reports/2026-06-11", params={"format": "markdown"}).text
    assert "Breakers are not counted by the day here" in shown
    assert "No dead letters." in shown


def test_what_cannot_be_counted_now_is_missing_and_nothing_else(world: World) -> None:
    """Of the report that is sent, and of one that is only shown."""
    world.failures.given = DependencyUnavailable("Cloud Monitoring: told to fail")

    shown = world.http.get("/v1/reports/2026-06-10").json()
    sent = world.run()

    assert shown["missing"] == ["failures"]
    assert sent["missing"] == ["failures"]
    assert shown["sections"]["load"]["requests"] == sum(range(10, 70))


def test_a_section_that_cannot_be_read_is_named_and_made_up_for(world: World) -> None:
    """The report without it is sent; a later one that has it takes its place, and not the other way round."""
    assert world.run(broken="/sections/spend")["missing"] == ["spend"]
    assert world.http.get("/v1/reports/2026-06-10").json()["missing"] == ["spend"]

    world.run()
    world.run(broken="/sections/load")

    assert world.http.get("/v1/reports/2026-06-10").json()["missing"] == []


def test_before_it_was_sent_it_is_shown_as_it_would_look(world: World) -> None:
    """Nothing is kept of that."""
    shown = world.http.get("/v1/reports/2026-06-10").json()

    assert (shown["sent_at"], shown["sections"]["load"]["requests"]) == (None, sum(range(10, 70)))
    assert world.http.get("/v1/reports").json() == {"days": []}


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/v1/reports/someday", None, 400),
        ("GET", "/v1/reports/2026-06-12", None, 400),
        ("GET", "/v1/reports/2026-6-1", None, 400),
        ("POST", "/v1/reports/2026-06-10/sections/gossip", None, 404),
        ("POST", "/v1/reports/2026-06-10/send", {"sections": {"gossip": {}}}, 400),
        ("POST", "/v1/reports/2026-06-10/send", {"sections": {"load": {"regions": 3}}}, 400),
        ("POST", "/v1/reports/2026-06-10/send", {"sections": [], "missing": []}, 400),
    ],
)
def test_what_is_no_report_is_refused(world: World, method: str, path: str, body: Any, status: int) -> None:
    """By name, before anything is kept."""
    assert world.http.request(method, path, json=body).status_code == status
    assert world.http.get("/v1/reports").json() == {"days": []}
