"""prewarm_regions: warm before the crowd, warm while it is there, cool after it; and undone where it fails."""

from typing import Any

import pytest

from tests.builders.workflows import Stage, workflow_file
from tests.fakes.workflow_functions import InProcessFunctions, answer

_PLAN = "/v1/plans/final/prewarm"
_ARGUMENT = {
    "plan": "final",
    "revision": 3,
    "regions": [{"region": "europe-west1", "instances": 40}, {"region": "asia-east1", "instances": 5}],
    "collections": 20,
    "ready_by": 600,
    "ends_at": "2026-06-01T14:00:00Z",
}
_REGIONS = ("europe-west1", "asia-east1")


def _stage(**others: Any) -> tuple[Stage, InProcessFunctions]:
    each = {
        f"{call}/{region}": given
        for region in _REGIONS
        for call, given in {
            f"PUT {_PLAN}/floors": answer({}),
            f"POST {_PLAN}/load": answer({}),
            f"GET {_PLAN}/readiness": answer({"is_ready": True}),
            f"DELETE {_PLAN}/floors": answer(None, 204),
        }.items()
    }
    usual = {f"POST {_PLAN}/facts": answer({}), f"POST {_PLAN}/step-down": answer({"instances": {}})}
    functions = InProcessFunctions({**each, **usual, **others})
    return Stage(functions, variables={"SWELL_CONTROL_URL": "http://control.test"}), functions


def _facts(functions: InProcessFunctions) -> list[str]:
    return [body["fact"] for body in functions.bodies(f"POST {_PLAN}/facts")]


def test_a_crowd_from_beginning_to_end() -> None:
    """Floors, indexes, readiness, the announcement, the wait, six steps down in 30 minutes, and nothing left."""
    stage, functions = _stage()

    result = stage.run(workflow_file("prewarm_regions"), _ARGUMENT)

    assert {"state": "cooled_down", "regions": 2} == result
    assert ["warm", "cooled_down"] == _facts(functions)
    assert [{"revision": 3, "instances": 40, "ends_at": _ARGUMENT["ends_at"]}] == functions.bodies(
        f"PUT {_PLAN}/floors/europe-west1"
    )
    steps = functions.bodies(f"POST {_PLAN}/step-down")
    assert [{"revision": 3, "step": step, "of": 6} for step in range(1, 7)] == steps
    assert [7200, *[300] * 6] == stage.time.waits
    assert {f"DELETE {_PLAN}/floors/{region}" for region in _REGIONS} == set(functions.called()[-3:-1])


def test_a_region_that_takes_its_time() -> None:
    """It is looked at every ten seconds until it is ready."""
    slow = [answer({"is_ready": False}), answer({"is_ready": False}), answer({"is_ready": True})]
    stage, functions = _stage(**{f"GET {_PLAN}/readiness/asia-east1": slow})

    assert "cooled_down" == stage.run(workflow_file("prewarm_regions"), _ARGUMENT)["state"]
    assert [10, 10] == stage.time.waits[:2]
    assert 3 == functions.called().count(f"GET {_PLAN}/readiness/asia-east1")


def test_a_region_that_does_not_become_ready() -> None:
    """After the time it has, the plan fails as a whole: floors are taken back, an alert says which region and why."""
    stage, functions = _stage(**{f"GET {_PLAN}/readiness/asia-east1": answer({"is_ready": False, "ready": 2})})

    error = stage.failure(workflow_file("prewarm_regions"), _ARGUMENT)

    [branch] = error["branches"]
    assert ("not ready in time", "asia-east1") == (
        branch["error"]["payload"]["message"],
        branch["error"]["payload"]["region"],
    )
    assert {f"DELETE {_PLAN}/floors/{region}" for region in _REGIONS} <= set(functions.called())
    assert ["failed"] == _facts(functions)
    assert functions.bodies(f"POST {_PLAN}/facts")[0]["detail"] == error


@pytest.mark.parametrize(
    "broken",
    [f"PUT {_PLAN}/floors/asia-east1", f"POST {_PLAN}/load/europe-west1", f"POST {_PLAN}/step-down"],
)
def test_a_step_that_fails_is_undone(broken: str) -> None:
    """Whichever it is: no floor stays, and people are told."""
    stage, functions = _stage(**{broken: answer({"title": "conflict"}, 409)})

    stage.failure(workflow_file("prewarm_regions"), _ARGUMENT)

    assert {f"DELETE {_PLAN}/floors/{region}" for region in _REGIONS} <= set(functions.called())
    assert "failed" == _facts(functions)[-1]


def test_undoing_goes_on_where_a_region_does_not_answer() -> None:
    """The other floors are removed, and the alert is sent all the same."""
    stage, functions = _stage(
        **{f"PUT {_PLAN}/floors/asia-east1": answer(None, 409), f"DELETE {_PLAN}/floors/asia-east1": answer(None, 500)}
    )

    stage.failure(workflow_file("prewarm_regions"), _ARGUMENT)

    assert f"DELETE {_PLAN}/floors/europe-west1" in functions.called()
    assert ["failed"] == _facts(functions)
    assert [("ERROR", "floor not removed, it expires: asia-east1")] == stage.logs


def test_an_announcement_that_fails_fails_nothing() -> None:
    """Regions are warm whether or not anybody heard of it."""
    stage, _ = _stage(**{f"POST {_PLAN}/facts": answer(None, 500)})

    assert "cooled_down" == stage.run(workflow_file("prewarm_regions"), _ARGUMENT)["state"]
    assert ["not announced: warm", "not announced: cooled_down"] == [said for _, said in stage.logs]
