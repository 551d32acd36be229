"""The operators' API: calendar, forecasts, plan, timeline."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from functions.control.wiring import ControlSettings, build
from shared.adapters.opening import Adapters
from shared.auth.google_tokens import verify_with_google
from shared.auth.key_record import Grant
from shared.auth.key_store import KeyStore
from shared.auth.operator_tokens import by_operator_tokens
from shared.auth.scope import Scope
from shared.crowds.calendar_store import CalendarStore
from shared.crowds.drawn import Drawn, drawn_data
from shared.crowds.paths import PLAN, PLAN_JOBS, drawn_document, fleet_document
from shared.crowds.plan_store import plan_document
from shared.crowds.prewarms import Prewarms
from shared.domain.calendar import EventType
from shared.domain.scaling_plan import PlanReason, PlanStep, ScalingPlan
from shared.edge import EdgeSettings, edge
from shared.events.crowds import CalendarChangedV1
from shared.ports.fleet import FleetSize
from shared.ports.state import Put
from tests.fakes.clock import FrozenClock
from tests.fakes.crowds import PaperFleet, paper_platform
from tests.fakes.google_tokens import certificates, signed_token
from tests.fakes.objects import InMemoryObjects
from tests.fakes.publisher import RecordingPublisher
from tests.fakes.state import InMemoryState

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
FINAL: dict[str, Any] = {
    "name": "The final",
    "kind": "sports_final",
    "starts_at_local": "2026-06-20T21:00:00",
    "time_zone": "Europe/Paris",
    "duration_min": 120,
    "regions": {"europe-west1": 1.0, "us-east1": 0.4},
    "audience": 1_000_000_000,
}
ICS = """\
BEGIN:VCALENDAR
VERSION:2.0
PRODID:test
BEGIN:VEVENT
UID:match-1@example.org
SUMMARY:A match
DTSTART:20260610T180000Z
DTEND:20260610T200000Z
END:VEVENT
BEGIN:VEVENT
UID:off@example.org
SUMMARY:Called off
STATUS:CANCELLED
DTSTART:20260611T180000Z
END:VEVENT
END:VCALENDAR
""".replace("\n", "\r\n")

RAISE = {
    "event_id": "final",
    "begin": "2026-06-20T18:00:00Z",
    "end": "2026-06-20T22:00:00Z",
    "extra_per_hour": 500.5,
    "approved_by": "Ada",
    "why": "the sponsor pays",
}


@dataclass
class Control:
    """The function on fakes."""

    http: TestClient
    state: InMemoryState
    publisher: RecordingPublisher
    clock: FrozenClock
    fleet: PaperFleet

    def put(self, event: str = "final", **changes: Any) -> Any:
        """Enter the final, with changes."""
        return self.http.put(f"/v1/calendar/events/{event}", json={**FINAL, **changes})


@pytest.fixture
def control() -> Iterator[Control]:
    """Control on an empty state store, at noon."""
    clock, publisher = FrozenClock(NOW), RecordingPublisher()
    state = InMemoryState(clock=clock)
    platform = paper_platform(state, clock)
    app = build(Adapters(state, InMemoryObjects(clock=clock), publisher, clock), platform)
    with TestClient(app) as http:
        assert isinstance(platform.fleet, PaperFleet)
        yield Control(http, state, publisher, clock, platform.fleet)


def test_an_event_is_entered_listed_changed_and_taken_out(control: Control) -> None:
    """Each change is announced with the calendar's revision, and stands in the timeline."""
    entered = control.put()
    listed = control.http.get("/v1/calendar/events").json()
    changed = control.put(name="The great final", if_revision=1)
    removed = control.http.delete("/v1/calendar/events/final")

    assert (entered.status_code, changed.json()["revision"], removed.status_code) == (200, 2, 204)
    (event,) = listed["events"]
    assert event["starts_at"] == "2026-06-20T19:00:00+00:00"
    assert event["regions"] == FINAL["regions"]
    assert control.http.get("/v1/calendar/events/final").status_code == 404
    announced = control.publisher.take("crowd-forecasts")
    assert [message.attributes["ce-type"] for message in announced] == [CalendarChangedV1.type] * 3
    told = control.http.get("/v1/timeline").json()["entries"]
    assert [entry["kind"] for entry in told] == ["calendar"] * 3
    assert "The final" in " ".join(entry["text"] for entry in told)


def test_what_get_answers_put_takes(control: Control) -> None:
    """An operator edits what was shown; nothing is lost on the way."""
    control.put(recurrence={"frequency": "weekly", "count": 3}, peak_after_start_min=90, expected_multiple=4)
    shown = control.http.get("/v1/calendar/events/final").json()
    body = {
        name: value
        for name, value in shown.items()
        if name not in {"id", "revision", "next_starts_at", "disagreements"}
    }

    again = control.http.put("/v1/calendar/events/final", json=body)

    assert again.json() == shown


def test_a_change_on_top_of_another_is_refused(control: Control) -> None:
    """The second of two operators learns that the event has changed."""
    control.put()
    control.put(name="Moved")

    refused = control.put(name="Lost", if_revision=1)

    assert refused.status_code == 409
    assert "at revision 2, not 1" in refused.json()["detail"]


@pytest.mark.parametrize(
    ("changes", "field", "says"),
    [
        ({"regions": {"mars-north1": 1.0}}, "regions.mars-north1", "us-east1"),
        ({"regions": {}}, "regions", "at least 1"),
        ({"regions": {"us-east1": 2.0}}, "regions.us-east1", "less than or equal to 1"),
        ({"time_zone": "Mars/Olympus"}, "time_zone", "an IANA name"),
        ({"starts_at_local": "2026-06-20T21:00:00Z"}, "starts_at_local", "without an offset"),
        ({"duration_min": 0}, "duration_min", "greater than 0"),
        ({"peak_after_start_min": 500}, "peak_after_start_min", "0 to 120 (duration_min)"),
        (
            {"recurrence": {"frequency": "weekly", "until_local": "2026-06-20T20:59:00"}},
            "recurrence.until_local",
            "not before starts_at_local",
        ),
        ({"kind": "war"}, "kind", "'sports_final'"),
        ({"audience": -1}, "audience", "greater than or equal to 1"),
        ({"expected_multiple": 0.9}, "expected_multiple", "greater than or equal to 1"),
        ({"recurrence": {"frequency": "hourly"}}, "recurrence.frequency", "'daily'"),
        ({"colour": "red"}, "colour", "no such field"),
    ],
)
def test_what_no_forecast_could_use_is_refused_by_name(
    control: Control, changes: dict[str, Any], field: str, says: str
) -> None:
    """The error names the field, its value and what is allowed; nothing is entered or announced."""
    refused = control.put(**changes)

    assert refused.status_code == 400
    (problem,) = refused.json()["errors"]
    assert problem["field"] == field
    assert says in problem["allowed"]
    assert control.publisher.messages == []
    assert list(CalendarStore(control.state).events()) == []


@pytest.mark.parametrize("event", ["-dash", "a b", "%2F", "a" * 201])
def test_ids_are_of_few_characters(control: Control, event: str) -> None:
    """An id that could not be typed again is refused."""
    assert control.put(event).status_code in {400, 404}


def test_a_calendar_file_is_imported_and_imported_again(control: Control) -> None:
    """Entries get the regions given; what cannot be taken is named; the same file again changes nothing."""
    body = {"ics": ICS, "regions": {"us-east1": 1.0}, "kind": "sports"}

    first = control.http.post("/v1/calendar/import", json=body).json()
    again = control.http.post("/v1/calendar/import", json=body).json()

    assert first["changed"] == 1
    assert [event["id"] for event in first["events"]] == ["match-1@example.org"]
    assert first["skipped"] == [{"uid": "off@example.org", "reason": "cancelled", "detail": ""}]
    assert (again["changed"], again["revision"]) == (0, 1)
    assert len(control.publisher.messages) == 1
    assert control.http.get("/v1/calendar/events/match-1@example.org").json()["kind"] == "sports"


def _entry(uid: str, day: int, more: str = "") -> str:
    return f"BEGIN:VEVENT\r\nUID:{uid}\r\nDTSTART:202606{day:02}T180000Z\r\n{more}END:VEVENT\r\n"


def _import(control: Control, *entries: str, **options: Any) -> dict[str, Any]:
    """What a file of these entries brought."""
    ics = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:test\r\n" + "".join(entries) + "END:VCALENDAR\r\n"
    answer = control.http.post("/v1/calendar/import", json={"ics": ics, "regions": {"us-east1": 1.0}, **options})
    found: dict[str, Any] = answer.raise_for_status().json()
    return found


def _ids(control: Control) -> list[str]:
    return [event["id"] for event in control.http.get("/v1/calendar/events").json()["events"]]


def test_what_a_file_cancels_or_leaves_out_of_a_series_is_taken_out(control: Control) -> None:
    """A match called off draws nobody; what is over stays, and so does what is not in the file or not understood."""
    series = "RRULE:FREQ=DAILY;COUNT=3\r\n"
    _import(control, _entry("off", 10), _entry("s", 12, series), _entry("odd", 13), _entry("other", 14))
    _import(control, _entry("over", 1, "DURATION:PT1H\r\n"))
    control.clock.advance(timedelta(hours=8))

    cancelled = _entry("off", 10, "STATUS:CANCELLED\r\n"), _entry("over", 1, "STATUS:CANCELLED\r\n")
    shorter = _entry("s", 12, series + "EXDATE:20260613T180000Z\r\n")
    unclear = _entry("odd", 13, "X-SWELL-AUDIENCE:many\r\n")
    found = _import(control, *cancelled, shorter, unclear)

    assert {event["id"] for event in found["removed"]} == {"off", "s@20260613T180000Z"}
    assert _ids(control) == ["s@20260612T180000Z", "odd", "other", "s@20260614T180000Z"]
    assert control.http.get("/v1/calendar/events/over").status_code == 200
    assert "taken out 2" in control.http.get("/v1/timeline").json()["entries"][-1]["text"]


def test_what_a_feed_has_no_more_is_taken_out(control: Control) -> None:
    """Of the same source alone, and read again nothing changes; a feed that shows nothing at all takes nothing out."""
    _import(control, _entry("a", 10), _entry("b", 11), source="https://feed.example/1")
    _import(control, _entry("c", 12), source="https://feed.example/2")

    nothing = _import(control, source="https://feed.example/1")
    found = _import(control, _entry("a", 10), source="https://feed.example/1")
    again = _import(control, _entry("a", 10), source="https://feed.example/1")

    assert (nothing["removed"], again["removed"], again["changed"]) == ([], [], 0)
    assert [event["id"] for event in found["removed"]] == ["b"]
    assert _ids(control) == ["a", "c"]


def test_an_event_says_when_it_is_on_next(control: Control) -> None:
    """In UTC; one that is over, never."""
    recurring = control.put("weekly", starts_at_local="2026-05-27T21:00:00", recurrence={"frequency": "weekly"})
    over = control.put("over", starts_at_local="2026-05-01T21:00:00")

    assert recurring.json()["next_starts_at"] == "2026-06-03T19:00:00+00:00"
    assert over.json()["next_starts_at"] is None


def test_so_many_days_of_the_calendar_are_listed(control: Control) -> None:
    """By the server's clock; `days` and `to` contradict each other."""
    control.put()

    near, far = (control.http.get(f"/v1/calendar/events?days={days}").json()["events"] for days in (10, 20))
    both = control.http.get("/v1/calendar/events?days=3&to=2026-07-01T00:00:00Z")

    assert ([], ["final"]) == (near, [event["id"] for event in far])
    assert both.json()["errors"][0]["field"] == "days"


def test_what_is_not_a_calendar_is_refused(control: Control) -> None:
    """With a reason, not with an error of the server."""
    refused = control.http.post("/v1/calendar/import", json={"ics": "hello", "regions": {"us-east1": 1}})

    assert refused.status_code == 400
    assert "iCalendar" in refused.json()["detail"]


def test_the_plan_is_shown_and_its_absence_explained(control: Control) -> None:
    """Before the first forecast there is none, and the answer says so."""
    missing = control.http.get("/v1/plan")
    steps = (PlanStep(NOW, 3, PlanReason.FORECAST), PlanStep(NOW + timedelta(hours=1), 0, PlanReason.NOTHING_EXPECTED))
    plan = ScalingPlan(4, NOW, NOW + timedelta(days=1), {"us-east1": steps})
    control.state.commit([Put(PLAN, plan_document(plan))])
    unscheduled = control.http.get("/v1/plan").json()
    past, ahead = ({"name": f"plan-{at:%H%M}", "at": at.isoformat()} for at in (NOW, NOW + timedelta(hours=1)))
    control.state.commit([Put(PLAN_JOBS, {"revision": 4, "jobs": [past, ahead]})])

    shown = control.http.get("/v1/plan").json()

    assert missing.status_code == 404
    assert "next forecast" in missing.json()["detail"]
    assert shown["revision"] == 4
    assert [step["instances"] for step in shown["regions"]["us-east1"]] == [3, 0]
    assert (unscheduled["jobs"], shown["jobs"]) == ([], [ahead])


def test_forecasts_of_unknown_regions_are_not_found(control: Control) -> None:
    """A region that is not ours, and one of which no load is known, are told apart."""
    assert "topology.yaml" in control.http.get("/v1/forecasts/mars").json()["detail"]
    assert "no load" in control.http.get("/v1/forecasts/us-east1").json()["detail"]
    assert control.http.get("/v1/forecasts").json() == {"forecasts": [], "disagreements": []}


def test_what_is_announced_otherwise_than_learned_is_told_wherever_it_is_entered_or_looked_at(control: Control) -> None:
    """Ten times, where finals have drawn two to four; 4.6 times in the region of weight 0.4 is no surprise."""
    drawn = drawn_data({EventType.SPORTS_FINAL: Drawn(3, 2.0, 4.0)})
    control.state.commit([Put(drawn_document(region), drawn) for region in FINAL["regions"]])

    silent, entered = control.put(expected_multiple=7), control.put(expected_multiple=10)
    shown, listed = (control.http.get(f"/v1/{path}").json() for path in ("calendar/events/final", "forecasts"))

    assert silent.json()["disagreements"] == []
    (told,) = entered.json()["disagreements"]
    assert [told] == shown["disagreements"] == listed["disagreements"]
    assert told["text"] == (
        "The final in europe-west1: 3 events of its kind drew 2 to 4 times the usual load, announced: 10 times; "
        "planned for is what is announced"
    )


def test_a_service_account_operates_by_its_token(tmp_path: Path) -> None:
    """A workflow enters an event with what Google signed for it; another account's token is a bad key."""
    clock = FrozenClock(NOW)
    state = InMemoryState(clock=clock)
    adapters = Adapters(state, InMemoryObjects(clock=clock), RecordingPublisher(), clock)
    settings = ControlSettings(
        runtime="embedded",
        data_dir=tmp_path,
        access="keys",
        operator_identities={"workflows": "flows@p.example"},
        operator_audience="https://control",
    )
    operators = by_operator_tokens(settings, ["workflows", "scheduler"], verify_with_google(certificates))
    app = build(adapters, paper_platform(state, clock), [*operators, *edge(adapters, settings)])
    answers = []
    with TestClient(app) as http:
        for account in ("flows@p.example", "stranger@p.example"):
            headers = {"Authorization": f"Bearer {signed_token(account, 'https://control')}"}
            answers.append(http.put("/v1/calendar/events/final", json=FINAL, headers=headers).status_code)
        without = http.put("/v1/calendar/events/final", json=FINAL).status_code

    assert ([200, 401], 401) == (answers, without)


@pytest.mark.parametrize(
    ("tenant", "scopes", "status"),
    [
        ("default", {Scope.ADMIN}, 200),
        ("default", {Scope.READ, Scope.WRITE}, 403),
        ("acme", set(Scope), 403),
    ],
)
@pytest.mark.parametrize("request_line", ["GET /v1/calendar/events", "GET /v1/timeline", "POST /v1/calendar/import"])
def test_only_operators_see_or_change_anything(
    tmp_path: Path, tenant: str, scopes: set[Scope], status: int, request_line: str
) -> None:
    """Keys of other tenants, and keys that only read and write records, have no business here."""
    clock = FrozenClock(NOW)
    state = InMemoryState(clock=clock)
    adapters = Adapters(state, InMemoryObjects(clock=clock), RecordingPublisher(), clock)
    app = build(
        adapters, paper_platform(state, clock), edge(adapters, EdgeSettings(runtime="embedded", data_dir=tmp_path))
    )
    _, key = KeyStore(state, clock).create(Grant("test", frozenset(scopes), tenant), by="test")
    method, path = request_line.split()
    body = {"ics": ICS, "regions": {"us-east1": 1}} if method == "POST" else None

    with TestClient(app, client=("192.0.2.1", 1)) as http:
        answer = http.request(method, path, headers={"Authorization": f"Bearer {key}"}, json=body)

    assert answer.status_code == status


FLOOR: dict[str, Any] = {"revision": 3, "instances": 6, "ends_at": "2026-06-01T14:00:00Z"}
PREWARM = "/v1/plans/step-1/prewarm"


def test_a_prewarm_holds_its_floors_until_they_are_given_back(control: Control) -> None:
    """Raised twice it is one floor; six steps down leave nothing; each request may come again."""
    for _ in range(2):
        raised = control.http.put(f"{PREWARM}/floors/us-east1", json=FLOOR)
    held = []
    for step in (1, 2, 2, 1, 3, 4, 5, 6):
        body = {"revision": 3, "step": step, "of": 6}
        held.append(control.http.post(f"{PREWARM}/step-down", json=body).json()["held"])
    removed = [control.http.delete(f"{PREWARM}/floors/us-east1").status_code for _ in range(2)]

    assert raised.json()["floor"] == 6
    assert [round(share * 6) for share in held] == [5, 4, 4, 4, 3, 2, 1, 0]
    assert removed == [204, 204]


def test_an_older_revision_of_a_prewarm_changes_nothing(control: Control) -> None:
    """A workflow that was overtaken by a new plan learns it from each of its requests."""
    control.http.put(f"{PREWARM}/floors/us-east1", json=FLOOR)
    older = {**FLOOR, "revision": 2, "instances": 1}

    refused = [
        control.http.put(f"{PREWARM}/floors/us-east1", json=older),
        control.http.post(f"{PREWARM}/step-down", json={"revision": 2, "step": 1, "of": 6}),
        control.http.post(f"{PREWARM}/load/us-east1", json={"revision": 2, "collections": 1}),
    ]

    assert [answer.status_code for answer in refused] == [409, 409, 409]
    assert Prewarms(control.state).all()[0].floor("us-east1", NOW) == 6


def test_a_region_is_ready_when_its_instances_are(control: Control) -> None:
    """Not before they are asked for, not before they answer; what the budget denies is not waited for."""
    control.http.put(f"{PREWARM}/floors/us-east1", json=FLOOR)
    answers = [control.http.get(f"{PREWARM}/readiness/us-east1").json()]
    for size in (FleetSize(6, 10, 2), FleetSize(6, 10, 6)):
        control.fleet.sizes["us-east1"] = size
        answers.append(control.http.get(f"{PREWARM}/readiness/us-east1").json())
    control.fleet.sizes["us-east1"] = FleetSize(4, 4, 4)
    control.state.commit([Put(fleet_document("us-east1"), {"floor": 6, "denied": 2})])
    answers.append(control.http.get(f"{PREWARM}/readiness/us-east1").json())
    control.http.post(f"{PREWARM}/facts", json={"revision": FLOOR["revision"], "fact": "warm"})

    assert [answer["is_ready"] for answer in answers] == [False, False, True, True]
    assert answers[-1]["is_denied"]
    (told,) = control.http.get("/v1/timeline").json()["entries"]
    assert told["text"].endswith("that it was granted; less than planned in us-east1")


def test_floors_expire_an_hour_after_the_crowd(control: Control) -> None:
    """A workflow that died leaves nothing standing for ever."""
    control.http.put(f"{PREWARM}/floors/us-east1", json=FLOOR)
    (prewarm,) = Prewarms(control.state).all()

    assert prewarm.floor("us-east1", NOW + timedelta(hours=2, minutes=59)) == 6
    assert prewarm.floor("us-east1", NOW + timedelta(hours=3)) == 0
    control.clock.advance(timedelta(hours=3))
    assert Prewarms(control.state).all() == []


def test_what_came_of_a_prewarm_is_told_once(control: Control) -> None:
    """A failure is an alert, with its reason."""
    for _ in range(2):
        control.http.post(f"{PREWARM}/facts", json={"revision": 3, "fact": "failed", "detail": "no quota"})
        control.clock.advance(timedelta(seconds=30))

    (told,) = control.http.get("/v1/timeline").json()["entries"]
    assert told["kind"] == "alert"
    assert "no quota" in told["text"]


def test_a_region_nobody_has_heard_of_cannot_be_warmed_and_says_so(control: Control) -> None:
    """Its instances open collections when they are asked; the prewarm goes on."""
    answer = control.http.post(f"{PREWARM}/load/us-east1", json={"revision": 3, "collections": 5})

    assert answer.status_code == 200
    assert answer.json()["warmed"] == 0
    assert "nobody can be asked" in answer.json()["detail"]


def test_a_budget_is_set_stopped_and_resumed(control: Control) -> None:
    """Limits that contradict each other are named; every order stands in the timeline with who gave it."""
    empty = control.http.get("/v1/budget").json()
    limits = {"hour": 10000, "day": 200000, "month": 5000000}
    put = control.http.put("/v1/budget", json=limits)
    stale = control.http.put("/v1/budget", json={**limits, "if_revision": 0})
    stopped = control.http.post("/v1/budget/stop", json={"operator": "Ada"}).json()
    resumed = control.http.post("/v1/budget/resume", json={"operator": "Grace"}).json()

    assert (empty["budget"], empty["serving_mode"]) == (None, "normal")
    assert put.json()["budget"]["hour"] == 10000
    assert len(put.json()["budget"]["contradictions"]) == 2
    assert stale.status_code == 409
    assert (stopped["stopped"], resumed["stopped"]) == (True, False)
    told = " ".join(entry["text"] for entry in control.http.get("/v1/timeline").json()["entries"])
    assert "Ada: stop all spending (stopped)" in told


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/v1/budget", {"hour": 0, "day": 1, "month": 1}, "hour"),
        ("/v1/budget", {"hour": 1, "day": 1}, "month"),
        ("/v1/budget/stop", {"operator": " "}, "operator"),
        ("/v1/budget/stop", {}, "body"),
        ("/v1/budget/stop", {"operator": "Ada", "ballot": "b"}, "body"),
        ("/v1/budget/resume", {"ballot": "b"}, "operator"),
        ("/v1/budget/raises", {**RAISE, "extra_per_hour": 0}, "extra_per_hour"),
        ("/v1/budget/raises", {**RAISE, "approved_by": " "}, "approved_by"),
        ("/v1/budget/raises", {**RAISE, "end": "2026-06-20T18:00:00Z"}, "end"),
        ("/v1/budget/raises", {**RAISE, "begin": None}, "begin"),
        ("/v1/budget/raises", {**RAISE, "begin": "2026-05-20T18:00:00Z", "end": "2026-05-20T19:00:00Z"}, "end"),
    ],
)
def test_budgets_that_make_no_sense_are_refused(control: Control, path: str, body: dict[str, Any], field: str) -> None:
    """By the name of the field."""
    refused = control.http.request("PUT" if path == "/v1/budget" else "POST", path, json=body)

    assert refused.status_code == 400
    assert refused.json()["errors"][0]["field"] == field


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-14:00"])
def test_times_at_the_ends_of_the_calendar_are_refused(control: Control, moment: str) -> None:
    """They cannot be turned into UTC, or have nothing added: the answer names the field and the years."""
    asked = [
        control.http.get("/v1/timeline", params={"since": moment}),
        control.http.get("/v1/calendar/events", params={"from": moment}),
        control.http.get("/v1/calendar/events", params={"to": moment}),
        control.http.put(f"{PREWARM}/floors/us-east1", json={**FLOOR, "ends_at": moment}),
    ]

    assert [400] * 4 == [answer.status_code for answer in asked]
    assert ["since", "from", "to", "ends_at"] == [answer.json()["errors"][0]["field"] for answer in asked]
    assert all("1970 to 2499" in answer.json()["detail"] for answer in asked)


def test_a_revision_that_cannot_be_stored_is_refused(control: Control) -> None:
    """State documents hold 64 bits."""
    answer = control.http.put(f"{PREWARM}/floors/us-east1", json={**FLOOR, "revision": 2**63})

    assert (400, "revision") == (answer.status_code, answer.json()["errors"][0]["field"])
