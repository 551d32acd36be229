"""enforce_budget: operators may object; then the stop holds until it is over."""

from typing import Any

import pytest

from tests.builders.workflows import OneCallback, Stage, workflow_file
from tests.fakes.workflow_functions import InProcessFunctions, answer

_DECISION = "/v1/budget/decisions/d1"
_ARGUMENT = {"decision": "d1", "action": "emergency_stop"}
_HELD, _OVER = {"may_apply": True, "is_over": False}, {"may_apply": False, "is_over": True}
_WOKEN: dict[str, Any] = {"http_request": {"body": {}}}


def _stage(*looks: Any, woken: bool = True, others: dict[str, Any] | None = None) -> tuple[Stage, InProcessFunctions]:
    usual: dict[str, Any] = {
        f"POST {_DECISION}/propose": answer({"needs_approval": True}),
        f"POST {_DECISION}/apply": answer({}),
        f"GET {_DECISION}": [answer(look) for look in looks or (_HELD, _HELD, _OVER)],
        f"POST {_DECISION}/lift": answer({}),
    }
    functions = InProcessFunctions({**usual, **(others or {})})
    desk = OneCallback(*[_WOKEN] * woken)
    return Stage(functions, variables={"SWELL_CONTROL_URL": "http://control.test"}, desk=desk), functions


@pytest.mark.parametrize("woken", [True, False], ids=["answered", "silence"])
def test_a_stop_holds_until_it_is_over(*, woken: bool) -> None:
    """Once somebody answered, or after 15 minutes; what control says then counts."""
    stage, functions = _stage(woken=woken)

    assert {"state": "lifted"} == stage.run(workflow_file("enforce_budget"), _ARGUMENT)
    look = f"GET {_DECISION}"
    assert [look, f"POST {_DECISION}/apply", look, look, f"POST {_DECISION}/lift"] == functions.called()[1:]
    assert ([] if woken else [900]) + [300] == stage.time.waits
    [proposed] = functions.bodies(f"POST {_DECISION}/propose")
    assert OneCallback.url == proposed["callback_url"]


def test_what_nobody_stands_behind_is_closed() -> None:
    """Nothing is applied, whatever came to the callback."""
    stage, functions = _stage({"may_apply": False, "is_over": False})

    assert {"state": "not_applied"} == stage.run(workflow_file("enforce_budget"), _ARGUMENT)
    assert [f"GET {_DECISION}", f"POST {_DECISION}/lift"] == functions.called()[1:]


def test_what_was_answered_waits_for_nobody() -> None:
    """As when the execution is begun again."""
    stage, _ = _stage(woken=False, others={f"POST {_DECISION}/propose": answer({"needs_approval": False})})

    assert {"state": "lifted"} == stage.run(workflow_file("enforce_budget"), _ARGUMENT)
    assert [300] == stage.time.waits


@pytest.mark.parametrize("broken", ["apply", "look"])
def test_a_step_that_fails_lifts_the_decision(broken: str) -> None:
    """Half-applied is worse than not applied."""
    refused = answer(None, 409)
    apply, look = {f"POST {_DECISION}/apply": refused}, {f"GET {_DECISION}": [answer(_HELD), refused]}
    stage, functions = _stage(others=apply if broken == "apply" else look)

    assert 409 == stage.failure(workflow_file("enforce_budget"), _ARGUMENT)["code"]
    assert f"POST {_DECISION}/lift" == functions.called()[-1]


def test_a_proposal_that_fails_changes_nothing() -> None:
    """The execution fails; there is nothing to lift."""
    stage, functions = _stage(others={f"POST {_DECISION}/propose": answer(None, 409)})

    assert 409 == stage.failure(workflow_file("enforce_budget"), _ARGUMENT)["code"]
    assert [f"POST {_DECISION}/propose"] == functions.called()
