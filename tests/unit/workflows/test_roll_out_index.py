"""roll_out_index: build, sync in waves, verify, flip; or roll back."""

from typing import Any

import pytest

from tests.builders.workflows import Stage, workflow_file
from tests.fakes.workflow_functions import InProcessFunctions, answer

_ROLLOUT = "/v1/rollouts/r1"
_ARGUMENT = {"rollout": "r1", "collection": "notes", "trees": 50, "recall": 0.95}


def _stage(**others: Any) -> tuple[Stage, InProcessFunctions]:
    usual = {
        f"PUT {_ROLLOUT}": answer({"shards": [0, 1], "waves": [{"wave": 1, "regions": ["a"]}, {"wave": 2}]}),
        f"POST {_ROLLOUT}/shards/0/build": answer({"segments": 1}),
        f"POST {_ROLLOUT}/shards/1/build": answer({"segments": 1}),
        f"POST {_ROLLOUT}/waves/1/sync": answer({}),
        f"POST {_ROLLOUT}/waves/2/sync": answer({}),
        f"POST {_ROLLOUT}/verify": answer({"passes": True, "recall": 0.97}),
        f"POST {_ROLLOUT}/flip": answer({"versions": [8, 9]}),
        f"POST {_ROLLOUT}/roll-back": answer({"versions": [10, None]}),
    }
    functions = InProcessFunctions({**usual, **others})
    return Stage(functions, variables={"SWELL_CONTROL_URL": "http://control.test"}), functions


def test_a_good_index_is_served() -> None:
    """Shards side by side, then wave by wave, then measured, then flipped."""
    stage, functions = _stage()

    result = stage.run(workflow_file("roll_out_index"), _ARGUMENT)

    assert {"state": "rolled_out", "versions": [8, 9], "recall": 0.97} == result
    assert [f"POST {_ROLLOUT}/{step}" for step in ("waves/1/sync", "waves/2/sync", "verify", "flip")] == (
        functions.called()[3:]
    )
    assert [{"collection": "notes", "trees": 50}] == functions.bodies(f"PUT {_ROLLOUT}")
    assert [{"recall": 0.95}] == functions.bodies(f"POST {_ROLLOUT}/verify")


def test_what_is_not_said_is_usual() -> None:
    """Ten trees, and the recall that queries ask for."""
    stage, functions = _stage()

    stage.run(workflow_file("roll_out_index"), {"rollout": "r1", "collection": "notes"})

    assert [{"collection": "notes", "trees": 10}] == functions.bodies(f"PUT {_ROLLOUT}")
    assert [{"recall": 0.95}] == functions.bodies(f"POST {_ROLLOUT}/verify")


def test_an_index_below_its_recall_is_not_served() -> None:
    """It is rolled back, and the recall is told."""
    stage, functions = _stage(**{f"POST {_ROLLOUT}/verify": answer({"passes": False, "recall": 0.81})})

    assert {"state": "rolled_back", "recall": 0.81} == stage.run(workflow_file("roll_out_index"), _ARGUMENT)
    assert f"POST {_ROLLOUT}/flip" not in functions.called()
    assert f"POST {_ROLLOUT}/roll-back" == functions.called()[-1]


@pytest.mark.parametrize("broken", ["shards/1/build", "waves/2/sync", "verify", "flip"])
def test_a_step_that_fails_rolls_back(broken: str) -> None:
    """Once, and the rollout fails with the step's error."""
    stage, functions = _stage(**{f"POST {_ROLLOUT}/{broken}": answer(None, 409)})

    stage.failure(workflow_file("roll_out_index"), _ARGUMENT)

    assert 1 == functions.called().count(f"POST {_ROLLOUT}/roll-back")


def test_a_build_that_takes_long_is_asked_for_again() -> None:
    """503 says that it goes on."""
    builds = [answer(None, 503), answer({"segments": 1})]
    stage, _ = _stage(**{f"POST {_ROLLOUT}/shards/1/build": builds})

    assert "rolled_out" == stage.run(workflow_file("roll_out_index"), _ARGUMENT)["state"]
    assert [2] == stage.time.waits
