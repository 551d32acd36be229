"""enforce_budget: a human may object; then the decision holds until it is over."""

from typing import Any

import pytest

from tests.builders.workflows import OneCallback, Stage, workflow_file
from tests.fakes.workflow_functions import InProcessFunctions, answer

_DECISION = "/v1/budget/decisions/d1"
_ARGUMENT = {"decision": "d1", "action": "emergency_stop"}


def _stage(*replies: Any, **others: Any) -> tuple[Stage, InProcessFunctions]:
    usual: dict[str, Any] = {
        f"POST {_DECISION}/propose": answer({"needs_approval": True}),
        f"POST {_DECISION}/apply": answer({"serving_mode": 4}),
        f"GET {_DECISION}": [answer({"is_over": False}), answer({"is_over": True})],
        f"POST {_DECISION}/lift": answer({"serving_mode": 0}),
    }
    functions = InProcessFunctions({**usual, **others})
    desk = OneCallback(*[{"http_request": {"body": {"approves": reply}}} for reply in replies])
    return Stage(functions, variables={"SWELL_CONTROL_URL": "http://control.test"}, desk=desk), functions


@pytest.mark.parametrize("replies", [[True], []], ids=["approved", "silence"])
def test_a_decision_holds_until_it_is_over(replies: list[bool]) -> None:
    """With a yes, or with nobody answering for 15 minutes: then it is applied, and lifted when it is over."""
    stage, functions = _stage(*replies)

    assert {"state": "lifted"} == stage.run(workflow_file("enforce_budget"), _ARGUMENT)
    called = [f"POST {_DECISION}/apply", f"GET {_DECISION}", f"GET {_DECISION}", f"POST {_DECISION}/lift"]
    assert called == functions.called()[1:]
    assert ([] if replies else [900]) + [60] == stage.time.waits
    [proposed] = functions.bodies(f"POST {_DECISION}/propose")
    assert OneCallback.url == proposed["callback_url"]


def test_a_no_is_a_no() -> None:
    """Nothing is applied."""
    stage, functions = _stage(False)

    assert {"state": "refused"} == stage.run(workflow_file("enforce_budget"), _ARGUMENT)
    assert [f"POST {_DECISION}/propose"] == functions.called()


def test_what_needs_nobody_waits_for_nobody() -> None:
    """A decision that a rule allows is applied at once."""
    stage, _ = _stage(**{f"POST {_DECISION}/propose": answer({"needs_approval": False})})

    assert {"state": "lifted"} == stage.run(workflow_file("enforce_budget"), _ARGUMENT)
    assert [60] == stage.time.waits


@pytest.mark.parametrize("broken", [f"POST {_DECISION}/apply", f"GET {_DECISION}"])
def test_a_step_that_fails_lifts_the_decision(broken: str) -> None:
    """Half-applied is worse than not applied."""
    stage, functions = _stage(True, **{broken: answer(None, 409)})

    assert 409 == stage.failure(workflow_file("enforce_budget"), _ARGUMENT)["code"]
    assert f"POST {_DECISION}/lift" == functions.called()[-1]


def test_a_proposal_that_fails_changes_nothing() -> None:
    """The execution fails; there is nothing to lift."""
    stage, functions = _stage(**{f"POST {_DECISION}/propose": answer(None, 409)})

    assert 409 == stage.failure(workflow_file("enforce_budget"), _ARGUMENT)["code"]
    assert [f"POST {_DECISION}/propose"] == functions.called()
