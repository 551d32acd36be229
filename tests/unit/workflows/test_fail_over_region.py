"""fail_over_region: detect, vote, fence, promote, verify, announce; and every way in which it ends."""

from collections.abc import Mapping
from typing import Any

import pytest

from swell.local.workflows.calls.http import ConnectionFailed
from tests.builders.workflows import Stage, workflow_file
from tests.fakes.workflow_functions import Handler, InProcessFunctions, answer

_BASE = "http://coordination.test"
_ARGUMENT = {"id": "loss-1", "from_region": "europe-west1"}
_MOVED = [{"collection": "notes", "step": "moved", "home": "us-central1"}]
_DONE = {"is_done": True, "versions_behind": 0, "collections": _MOVED}
_BEHIND = {"is_done": False, "versions_behind": 3, "collections": []}
_UNDER = {"lease": "move-home-europe-west1", "fencing_token": 7}

_LOSS: Mapping[str, Any] = {
    "GET /v1/regions/europe-west1": answer({"region": "europe-west1", "presence": "down"}),
    "POST /v1/ballots": answer({"outcome": None}, 201),
    "GET /v1/ballots/loss-1": [answer({"outcome": None}), answer({"outcome": "accepted"})],
    "POST /v1/leases/move-home-europe-west1": answer({"fencing_token": 7}),
    "POST /v1/ballots/loss-1/fence": answer(_BEHIND),
    "POST /v1/ballots/loss-1/promote": [answer(_BEHIND), answer(_DONE)],
    "POST /v1/leases/move-home-europe-west1/renew": answer({}),
    "GET /v1/regions/us-central1": answer({"region": "us-central1", "presence": "live"}),
    "POST /v1/regions/europe-west1/drain": answer({}),
    "POST /v1/regions/us-central1/drain": answer({}),
    "POST /v1/leases/move-home-europe-west1/release": answer(None, 204),
    "POST /v1/ballots/loss-1/close": answer({}),
}
_GIVEN_BACK = ["POST /v1/leases/move-home-europe-west1/release", "POST /v1/ballots/loss-1/close"]


def _stage(**others: Handler | Any) -> tuple[Stage, InProcessFunctions]:
    functions = InProcessFunctions({**_LOSS, **others})
    return Stage(functions, variables={"SWELL_COORDINATION_URL": _BASE}), functions


def test_a_lost_region() -> None:
    """Its collections are given to the heir once that has everything; nobody holds anything afterwards."""
    stage, functions = _stage()

    result = stage.run(workflow_file("fail_over_region"), _ARGUMENT)

    assert {"state": "moved", "versions_behind": 0, "collections": _MOVED} == result
    assert [
        "GET /v1/regions/europe-west1",
        "POST /v1/ballots",
        "GET /v1/ballots/loss-1",
        "GET /v1/ballots/loss-1",
        "POST /v1/leases/move-home-europe-west1",
        "POST /v1/ballots/loss-1/fence",
        "POST /v1/ballots/loss-1/promote",
        "POST /v1/leases/move-home-europe-west1/renew",
        "POST /v1/ballots/loss-1/fence",
        "POST /v1/ballots/loss-1/promote",
        "GET /v1/regions/us-central1",
        "POST /v1/regions/europe-west1/drain",
        "POST /v1/regions/us-central1/drain",
        *_GIVEN_BACK,
    ] == functions.called()
    assert [_UNDER, _UNDER] == functions.bodies("POST /v1/ballots/loss-1/promote")
    [opened] = functions.bodies("POST /v1/ballots")
    assert "loss-1" == opened["id"]
    assert {"kind": "move_home", "from_region": "europe-west1", "to_region": None, "collection": None} == {
        name: value for name, value in opened["proposal"].items() if name != "is_planned"
    }
    assert {_BASE} == {request.oidc_audience for request in functions.requests}


def test_there_and_back() -> None:
    """Planned, it moves a region that lives; back is the same with the regions exchanged."""
    live = answer({"region": "us-central1", "presence": "live"})
    there, functions = _stage(**{"GET /v1/regions/europe-west1": live})

    assert "moved" == there.run(workflow_file("fail_over_region"), {**_ARGUMENT, "is_planned": True})["state"]
    assert functions.bodies("POST /v1/ballots")[0]["proposal"]["is_planned"] is True

    home = [{**_MOVED[0], "home": "europe-west1"}]
    ends = {
        "GET /v1/regions/us-central1": live,
        "GET /v1/regions/europe-west1": answer({"region": "europe-west1", "presence": "live"}),
        "POST /v1/leases/move-home-us-central1": answer({"fencing_token": 9}),
        "POST /v1/leases/move-home-us-central1/release": answer(None, 204),
        "POST /v1/ballots/loss-1/promote": answer({**_DONE, "collections": home}),
    }
    back, functions = _stage(**ends)
    argument = {"id": "loss-1", "from_region": "us-central1", "to_region": "europe-west1", "is_planned": True}

    assert "moved" == back.run(workflow_file("fail_over_region"), argument)["state"]
    assert [{"is_draining": False}] == functions.bodies("POST /v1/regions/europe-west1/drain")
    assert [{"is_draining": True}] == functions.bodies("POST /v1/regions/us-central1/drain")


def test_a_region_that_lives_is_left_alone() -> None:
    """Without a plan nothing is even asked."""
    stage, functions = _stage(**{"GET /v1/regions/europe-west1": answer({"presence": "suspect"})})

    assert {"state": "not_needed", "presence": "suspect"} == stage.run(workflow_file("fail_over_region"), _ARGUMENT)
    assert ["GET /v1/regions/europe-west1"] == functions.called()


@pytest.mark.parametrize("outcome", ["rejected", "expired"])
def test_without_a_majority_nothing_moves(outcome: str) -> None:
    """No lease is taken and nothing fenced."""
    stage, functions = _stage(**{"GET /v1/ballots/loss-1": answer({"outcome": outcome})})

    assert {"state": outcome} == stage.run(workflow_file("fail_over_region"), _ARGUMENT)
    assert not [called for called in functions.called() if "lease" in called or "fence" in called]


def test_an_heir_that_does_not_catch_up() -> None:
    """Nothing is lost for haste: after five minutes the attempt ends, the old home fenced for two minutes more."""
    stage, functions = _stage(**{"POST /v1/ballots/loss-1/promote": answer(_BEHIND)})

    result = stage.run(workflow_file("fail_over_region"), _ARGUMENT)

    assert {"state": "heir_is_behind", "versions_behind": 3, "collections": []} == result
    assert _GIVEN_BACK == functions.called()[-2:]
    assert 30 == functions.called().count("POST /v1/ballots/loss-1/promote")
    assert "POST /v1/regions/europe-west1/drain" not in functions.called()


@pytest.mark.parametrize(
    "broken",
    [
        "POST /v1/ballots/loss-1/fence",
        "POST /v1/ballots/loss-1/promote",
        "GET /v1/regions/us-central1",
        "POST /v1/regions/europe-west1/drain",
    ],
)
def test_a_step_that_fails_gives_everything_back(broken: str) -> None:
    """The lease is released, the ballot closed, and the error is that of the step."""
    stage, functions = _stage(**{broken: answer({"title": "conflict"}, 409)})

    error = stage.failure(workflow_file("fail_over_region"), _ARGUMENT)

    assert (409, {"title": "conflict"}) == (error["code"], error["body"])
    assert _GIVEN_BACK == functions.called()[-2:]


def test_a_new_home_that_is_down_is_no_success() -> None:
    """No traffic is turned to it."""
    stage, functions = _stage(**{"GET /v1/regions/us-central1": answer({"region": "us-central1", "presence": "down"})})

    assert "the new home is down" == stage.failure(workflow_file("fail_over_region"), _ARGUMENT)["message"]
    assert _GIVEN_BACK == functions.called()[-2:]


def test_another_attempt_holds_the_lease() -> None:
    """It is left alone: only one's own lease is released."""
    stage, functions = _stage(**{"POST /v1/leases/move-home-europe-west1": answer(None, 409)})

    assert 409 == stage.failure(workflow_file("fail_over_region"), _ARGUMENT)["code"]
    assert "POST /v1/leases/move-home-europe-west1/release" not in functions.called()


def test_giving_back_fails_for_nothing() -> None:
    """What ends by itself does not turn a success into a failure, nor hide an error."""
    broken = dict.fromkeys(_GIVEN_BACK, answer(None, 500))
    moved, _ = _stage(**broken)
    failed, _ = _stage(**broken, **{"POST /v1/ballots/loss-1/fence": answer(None, 409)})

    assert "moved" == moved.run(workflow_file("fail_over_region"), _ARGUMENT)["state"]
    assert ["WARNING", "WARNING"] == [severity for severity, _ in moved.logs]
    assert 409 == failed.failure(workflow_file("fail_over_region"), _ARGUMENT)["code"]


def test_what_passes_is_tried_again() -> None:
    """A function that is restarted in the midst of it costs seconds."""
    passes = [ConnectionFailed("refused"), answer(None, 503), answer(_DONE)]
    stage, _ = _stage(**{"POST /v1/ballots/loss-1/promote": passes})

    assert "moved" == stage.run(workflow_file("fail_over_region"), _ARGUMENT)["state"]
    assert [5, 5, 2, 4] == stage.time.waits
