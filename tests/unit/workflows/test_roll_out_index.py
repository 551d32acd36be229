"""roll_out_index: build, sync in waves, verify, flip; or roll back."""

from typing import Any

import pytest

from tests.builders.workflows import Stage, workflow_file
from tests.fakes.workflow_functions import InProcessFunctions, answer

_ROLLOUT = "/v1/rollouts/r1"
_ARGUMENT = {"rollout": "r1", "collection": "notes", "build": {"trees": 50}, "recall": 0.95}
_SEGMENTS = {"0": "s0", "1": "s1"}


def _stage(**others: Any) -> tuple[Stage, InProcessFunctions]:
    usual = {
        f"GET {_ROLLOUT}": answer({"shards": [0, 1], "waves": ["canary", "rest"]}),
        f"POST {_ROLLOUT}/shards/0/build": answer({"segment": "s0"}),
        f"POST {_ROLLOUT}/shards/1/build": answer({"segment": "s1"}),
        f"POST {_ROLLOUT}/waves/canary/sync": answer({}),
        f"POST {_ROLLOUT}/waves/rest/sync": answer({}),
        f"POST {_ROLLOUT}/verify": answer({"passes": True, "recall": 0.97}),
        f"POST {_ROLLOUT}/flip": answer({"version": 8}),
        f"POST {_ROLLOUT}/roll-back": answer({"version": 7}),
    }
    functions = InProcessFunctions({**usual, **others})
    return Stage(functions, variables={"SWELL_CONTROL_URL": "http://control.test"}), functions


def test_a_good_index_is_served() -> None:
    """Shards side by side, then wave by wave, then measured, then flipped with what was built."""
    stage, functions = _stage()

    assert {"state": "rolled_out", "version": 8} == stage.run(workflow_file("roll_out_index"), _ARGUMENT)
    assert [f"POST {_ROLLOUT}/{step}" for step in ("waves/canary/sync", "waves/rest/sync", "verify", "flip")] == (
        functions.called()[3:]
    )
    assert [{"segments": _SEGMENTS}] == functions.bodies(f"POST {_ROLLOUT}/flip")


def test_an_index_below_its_recall_is_not_served() -> None:
    """It is rolled back, and the recall is told."""
    stage, functions = _stage(**{f"POST {_ROLLOUT}/verify": answer({"passes": False, "recall": 0.81})})

    assert {"state": "rolled_back", "recall": 0.81} == stage.run(workflow_file("roll_out_index"), _ARGUMENT)
    assert f"POST {_ROLLOUT}/flip" not in functions.called()
    assert f"POST {_ROLLOUT}/roll-back" == functions.called()[-1]


@pytest.mark.parametrize("broken", ["shards/1/build", "waves/rest/sync", "verify", "flip"])
def test_a_step_that_fails_rolls_back(broken: str) -> None:
    """Once, and the rollout fails with the step's error."""
    stage, functions = _stage(**{f"POST {_ROLLOUT}/{broken}": answer(None, 409)})

    stage.failure(workflow_file("roll_out_index"), _ARGUMENT)

    assert 1 == functions.called().count(f"POST {_ROLLOUT}/roll-back")


def test_a_build_that_takes_long_is_asked_for_again() -> None:
    """503 says that it goes on."""
    builds = [answer(None, 503), answer({"segment": "s1"})]
    stage, _ = _stage(**{f"POST {_ROLLOUT}/shards/1/build": builds})

    assert "rolled_out" == stage.run(workflow_file("roll_out_index"), _ARGUMENT)["state"]
    assert [2] == stage.time.waits
