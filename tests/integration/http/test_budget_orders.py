"""Raises and the emergency stop over HTTP: who may, for how long, and what is kept of it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from functions.control.wiring import build
from shared.adapters.opening import Adapters
from shared.budget.documents import Budgets
from shared.budget.emergency_stop import StopState
from shared.budget.standing import STANDING
from shared.coordination.ballots import Ballots
from shared.coordination.membership import Membership
from shared.coordination.proposal import EmergencyStop, MoveHome, Proposal
from shared.ports.state import Put
from tests.builders.agents import voting_agents
from tests.fakes.clock import FrozenClock
from tests.fakes.crowds import paper_platform
from tests.fakes.objects import InMemoryObjects
from tests.fakes.publisher import RecordingPublisher
from tests.fakes.state import InMemoryState

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
REGIONS = ("us-central1", "europe-west1", "us-east1")


class Office:
    """Control, with three regions that vote by what they see."""

    def __init__(self) -> None:
        self.clock, publisher = FrozenClock(NOW), RecordingPublisher()
        self.state = InMemoryState(clock=self.clock)
        adapters = Adapters(self.state, InMemoryObjects(clock=self.clock), publisher, self.clock)
        self.http = TestClient(build(adapters, paper_platform(self.state, self.clock)))
        self.ballots = Ballots(self.state, self.clock, Membership(self.state, self.clock))
        self._agents = voting_agents(self.state, self.clock, publisher, REGIONS)
        self.http.put("/v1/budget", json={"hour": 10, "day": 100, "month": 1000})

    def tick(self) -> None:
        """Every region is heard, and votes."""
        for agent in self._agents:
            agent.tick()

    def stands(self, counted: int, decided_at: datetime = NOW) -> None:
        """What budget enforcement has seen of a limit of 100."""
        windows = {
            "hour": {"booked": counted, "counted": 2 * counted, "limit": 100},
            "day": {"booked": 1, "counted": 1, "limit": 100},
        }
        self.state.commit([Put(STANDING, {"decided_at": decided_at.isoformat(), "windows": windows})])

    def vote(self, counted: int, proposal: Proposal | None = None, decided_at: datetime = NOW) -> None:
        """A ballot, as the regions decide it."""
        self.stands(counted, decided_at)
        self.tick()
        self.ballots.open("b1", proposal or EmergencyStop(1.2), proposer="ada", lasts=HOUR)
        self.tick()

    def stop_by_ballot(self) -> Any:
        """Asked for by an operator."""
        return self.http.post("/v1/budget/stop", json={"ballot": "b1"})

    @property
    def told(self) -> list[str]:
        """The timeline."""
        return [entry["text"] for entry in self.http.get("/v1/timeline").json()["entries"]]


@pytest.fixture
def office() -> Office:
    """At noon."""
    return Office()


def test_a_ballot_that_the_regions_accept_stops_all_spending(office: Office) -> None:
    """They see that more than all is spent; carried out once, and told with its reason."""
    office.vote(counted=120)

    first, again = office.stop_by_ballot(), office.stop_by_ballot()

    assert first.json() == {
        "stopped": True,
        "by": "ballot b1",
        "ordered_at": NOW.isoformat(),
        "why": "120% of the budget was spent",
        "reason": "stopped",
    }
    assert again.json()["reason"] == "already_so"
    assert office.ballots.get("b1").closed_at == NOW
    assert [text for text in office.told if "stop all" in text] == [
        "ballot b1: stop all spending, because 120% of the budget was spent (stopped)"
    ]


def test_a_ballot_that_was_carried_out_does_not_stop_again(office: Office) -> None:
    """An operator has let spending go on; the old ballot is no reason any more."""
    office.vote(counted=120)
    office.stop_by_ballot()
    office.http.post("/v1/budget/resume", json={"operator": "Grace", "why": "it was a test"})

    assert office.stop_by_ballot().status_code == 409
    assert Budgets(office.state).stop() == StopState(False, "Grace", NOW, "it was a test")


@pytest.mark.parametrize(
    ("counted", "decided_at", "says"),
    [
        pytest.param(90, NOW, "rejected", id="not all is spent"),
        pytest.param(120, NOW - HOUR, "rejected", id="nobody sees what is spent now"),
    ],
)
def test_regions_do_not_stop_what_they_do_not_see(
    office: Office, counted: int, decided_at: datetime, says: str
) -> None:
    """A ballot that was not accepted is refused."""
    office.vote(counted, decided_at=decided_at)

    refused = office.stop_by_ballot()

    assert refused.status_code == 409
    assert says in refused.json()["detail"]
    assert not Budgets(office.state).stop().stopped


def test_only_a_fresh_ballot_about_a_stop_stops(office: Office) -> None:
    """One that is open, one about something else, none, and one of yesterday are refused."""
    assert office.stop_by_ballot().status_code == 404
    office.vote(120, MoveHome("us-central1", "us-east1", is_planned=True))
    assert "not about" in office.stop_by_ballot().json()["detail"]
    office.ballots.open("b2", EmergencyStop(1.2), proposer="ada", lasts=HOUR)
    opened = office.http.post("/v1/budget/stop", json={"ballot": "b2"})
    assert (opened.status_code, "is open" in opened.json()["detail"]) == (409, True)
    office.tick()
    office.clock.advance(2 * HOUR)
    assert office.http.post("/v1/budget/stop", json={"ballot": "b2"}).status_code == 409


def test_an_event_of_the_calendar_may_cost_more_while_it_is_on(office: Office) -> None:
    """Without times it is an hour before to an hour after; who, when and why is kept; sent again, it is told once."""
    event = {
        "name": "The final",
        "kind": "sports_final",
        "starts_at_local": "2026-06-20T21:00:00",
        "time_zone": "Europe/Paris",
        "duration_min": 120,
        "regions": {"europe-west1": 1.0},
    }
    office.http.put("/v1/calendar/events/final", json=event)
    body = {"event_id": "final", "extra_per_hour": 50, "approved_by": "Ada", "why": "sponsored"}

    raised = office.http.post("/v1/budget/raises", json=body)
    office.clock.advance(HOUR)
    again = office.http.post("/v1/budget/raises", json=body)

    assert raised.json() == again.json()
    assert raised.json() == {
        "event_id": "final",
        "begin": "2026-06-20T18:00:00+00:00",
        "end": "2026-06-20T22:00:00+00:00",
        "extra_per_hour": 50.0,
        "approved_by": "Ada",
        "approved_at": NOW.isoformat(),
        "why": "sponsored",
        "state": "ahead",
    }
    assert [text for text in office.told if "allows" in text] == [
        "Ada allows $50.00 an hour more for final, 06-20 18:00 to 06-20 22:00 UTC, because sponsored"
    ]


def test_raises_of_what_is_not_announced_name_their_times(office: Office) -> None:
    """Without times only an event of the calendar can be raised, and only one that is on again."""
    unknown = office.http.post(
        "/v1/budget/raises", json={"event_id": "party", "extra_per_hour": 5, "approved_by": "Ada"}
    )

    assert unknown.status_code == 404


def test_a_raise_ends_counts_in_its_month_and_is_removed(office: Office) -> None:
    """Ahead, holds, ended; with the end of the month nothing is left of it."""
    span = {"begin": (NOW + HOUR).isoformat(), "end": (NOW + 2 * HOUR).isoformat()}
    office.http.post("/v1/budget/raises", json={"event_id": "e", "extra_per_hour": 5, "approved_by": "Ada", **span})

    states = []
    for _ in range(3):
        states += [one["state"] for one in office.http.get("/v1/budget/raises").json()["raises"]]
        office.clock.advance(HOUR)
    office.clock.advance(timedelta(days=30))

    assert states == ["ahead", "holds", "ended"]
    assert office.http.get("/v1/budget/raises").json() == {"raises": []}
    assert [one.event_id for one in Budgets(office.state).drop_past(office.clock.now())] == ["e"]
    budget = Budgets(office.state).find()
    assert budget is not None
    assert budget.raises == ()


def test_a_raise_is_taken_back_by_somebody(office: Office) -> None:
    """Once; the timeline says by whom and why, and a second time there is none."""
    span = {"begin": NOW.isoformat(), "end": (NOW + 2 * HOUR).isoformat()}
    office.http.post("/v1/budget/raises", json={"event_id": "e", "extra_per_hour": 5, "approved_by": "Ada", **span})

    nameless = office.http.delete("/v1/budget/raises/e")
    taken = office.http.delete("/v1/budget/raises/e", params={"operator": "Grace", "why": "called off"})
    again = office.http.delete("/v1/budget/raises/e", params={"operator": "Grace"})

    assert (nameless.status_code, taken.status_code, again.status_code) == (400, 204, 404)
    assert "Grace takes back the raise for e, because called off" in office.told


def test_an_operator_stops_by_name(office: Office) -> None:
    """With the reason that everybody will ask for."""
    stopped = office.http.post("/v1/budget/stop", json={"operator": "Ada", "why": "a leak"})

    assert (stopped.json()["by"], stopped.json()["why"]) == ("Ada", "a leak")
    assert "Ada: stop all spending, because a leak (stopped)" in office.told


@pytest.mark.parametrize("ballot", ["", "a/b", "é\x00", "x" * 101])
def test_a_ballot_that_no_ballot_can_be_called_is_refused(office: Office, ballot: str) -> None:
    """By name, before it is looked for."""
    refused = office.http.post("/v1/budget/stop", json={"ballot": ballot})

    assert (400, ["ballot"]) == (refused.status_code, [each["field"] for each in refused.json()["errors"]])


def test_limits_that_were_set_since_the_last_tick_are_shown() -> None:
    """Who has just set a budget does not see the one before; shares are of the limits that hold."""
    office = Office()
    before = {"limit": 60_000_000, "booked": 2_000_000, "counted": 2_000_000, "projected": 3_000_000, "ends_at": ""}
    standing = {
        "decided_at": NOW.isoformat(),
        "booked_until": NOW.isoformat(),
        "level": {"mode": 0, "label": "normal", "reason": "within_budget", "window": None, "since": NOW.isoformat()},
        "binding": "hour",
        "windows": dict.fromkeys(("hour", "day", "month"), before),
        "alerts": [],
        "month_end": {"expected": 0, "at_most": 0},
        "worst_tick": 0,
        "correction_ppm": 1_000_000,
        "billed": None,
    }
    office.state.commit([Put(STANDING, standing)])

    shown = office.http.get("/v1/budget").json()

    assert {"hour": 10, "day": 100, "month": 1000} == {
        name: window["limit"] for name, window in shown["standing"]["windows"].items()
    }
    assert (shown["currency"], shown["standing"]["windows"]["hour"]["used"]) == ("USD", 0.2)
