"""raise, try, except, retry. Quoted: pages of cloud.google.com/workflows/docs/reference/syntax."""

from typing import Any

import pytest

from swell.local.workflows.calls.http import ConnectionBroken, ConnectionFailed, ResponseLate
from tests.builders.workflows import Stage, refusals, run
from tests.fakes.workflow_functions import InProcessFunctions, answer

_URL = "http://functions.test"


@pytest.mark.parametrize("payload", ["a message", {"code": 55, "message": "mine"}])
def test_what_is_raised_is_caught_as_it_is(payload: Any) -> None:
    """raising-errors: a string or a map; catching-errors: `as` has the error."""
    source = """
        main:
          params: [x]
          steps:
            - a:
                try: {raise: "${x}"}
                except: {as: e, steps: [b: {return: "${e}"}]}
        """

    assert payload == run(source, payload)


def test_what_nobody_catches_is_the_error_of_the_execution() -> None:
    """error-types: an error that isn't caught fails the execution, which returns it."""
    assert {"code": 1} == Stage().failure("main: {steps: [a: {raise: {code: 1}}]}")


def test_after_except_the_workflow_goes_on() -> None:
    """catching-errors: handled errors end with the handler; what it does not handle it raises again."""
    source = """
        main:
          params: [x]
          steps:
            - a:
                try:
                  steps:
                    - b: {assign: [done: 1]}
                    - c: {raise: "${x}"}
                    - d: {assign: [done: 2]}
                except:
                  as: e
                  steps:
                    - known: {switch: [{condition: "${e == \\"known\\"}", next: handled}]}
                    - again: {raise: "${e}"}
                    - handled: {assign: [seen: true]}
            - z: {return: "${done}"}
        """

    assert 1 == run(source, "known")
    assert "other" == Stage().failure(source, "other")


def test_variables_of_a_handler_end_with_it() -> None:
    """variables: the local scoping of loops also applies to any variable created inside an except block."""
    source = (
        "main: {steps: [a: {try: {raise: x}, except: {as: e, steps: [b: {assign: [n: 1]}]}}, c: {return: '${%s}'}]}"
    )

    assert ["main.c: no variable 'n' in this scope"] == refusals(source % "n")
    assert ["main.c: no variable 'e' in this scope"] == refusals(source % "e")


def _fetch(retry: str) -> str:
    return f"""
        main:
          steps:
            - a:
                try: {{call: http.get, args: {{url: "{_URL}/item"}}, result: r}}
                retry: {retry}
            - b: {{return: "${{r.body}}"}}
        mine:
          params: [e]
          steps:
            - a: {{switch: [{{condition: '${{"HttpError" in e.tags and e.code == 500}}', return: true}}]}}
            - b: {{return: false}}
        """


_BACKOFF = "backoff: {initial_delay: 1, max_delay: 60, multiplier: 2}"


def test_delays_grow_up_to_their_limit() -> None:
    """retrying: with 8 retries, 1 s, 60 s and factor 2 the delays are 1, 2, 4, 8, 16, 32, 60 and 60; nine attempts."""
    functions = InProcessFunctions({"GET /item": answer(None, 500)})
    stage = Stage(functions)

    error = stage.failure(_fetch(f"{{predicate: '${{mine}}', max_retries: 8, {_BACKOFF}}}"))

    assert 500 == error["code"]
    assert 9 == len(functions.requests)
    assert [1, 2, 4, 8, 16, 32, 60, 60] == stage.time.waits


def test_the_default_policy() -> None:
    """http.default_retry: five retries; retry.default_backoff: 1 s, at most a minute, times 1.25."""
    functions = InProcessFunctions({"GET /item": answer(None, 503)})
    stage = Stage(functions)

    stage.failure(_fetch("'${http.default_retry}'"))

    assert 6 == len(functions.requests)
    assert [1, 1.25, 1.5625, 1.953125, 2.441406] == [round(wait, 6) for wait in stage.time.waits]


@pytest.mark.parametrize(
    ("outcome", "idempotent", "non_idempotent"),
    [
        (answer(None, 429), True, True),
        (answer(None, 502), True, False),
        (answer(None, 503), True, True),
        (answer(None, 504), True, False),
        (answer(None, 500), False, False),
        (answer(None, 404), False, False),
        (ConnectionFailed("refused"), True, True),
        (ConnectionBroken("reset"), True, False),
        (ResponseLate(), True, False),
    ],
)
def test_default_predicates(outcome: Any, idempotent: bool, non_idempotent: bool) -> None:  # noqa: FBT001
    """default_retry_predicate: 429, 502, 503, 504, and any ConnectionError, ConnectionFailedError, TimeoutError.

    default_retry_predicate_non_idempotent: 429, 503, and ConnectionFailedError.
    """
    retried = {}
    for name in ("http.default_retry_predicate", "http.default_retry_predicate_non_idempotent"):
        functions = InProcessFunctions({"GET /item": outcome})
        Stage(functions).failure(_fetch(f"{{predicate: '${{{name}}}', max_retries: 1, {_BACKOFF}}}"))
        retried[name] = len(functions.requests) == 2

    assert [idempotent, non_idempotent] == list(retried.values())


def test_the_whole_block_is_tried_again() -> None:
    """retrying: the steps of the try block run again from the first."""
    functions = InProcessFunctions({"GET /first": answer(1), "GET /second": [answer(None, 503), answer(2)]})
    source = f"""
        main:
          steps:
            - a:
                try:
                  steps:
                    - first: {{call: http.get, args: {{url: "{_URL}/first"}}, result: one}}
                    - second: {{call: http.get, args: {{url: "{_URL}/second"}}, result: two}}
                retry: "${{http.default_retry}}"
            - b: {{return: "${{one.body + two.body}}"}}
        """
    stage = Stage(functions)

    assert 3 == stage.run(source)
    assert ["GET /first", "GET /second", "GET /first", "GET /second"] == functions.called()
    assert [1, 1, 2, 2] == [entry.attempt for entry in stage.history.entries.values() if entry.kind == "http.get"]


def test_used_up_retries_end_in_except() -> None:
    """retrying: after the attempts the step is considered failed, and an exception is raised; except catches it."""
    source = f"""
        main:
          steps:
            - a:
                try: {{call: http.get, args: {{url: "{_URL}/item"}}}}
                retry: {{predicate: "${{http.default_retry_predicate}}", max_retries: 2, {_BACKOFF}}}
                except: {{as: e, steps: [b: {{return: "${{e.code}}"}}]}}
        """

    assert 503 == Stage(InProcessFunctions({"GET /item": answer(None, 503)})).run(source)


def test_values_of_a_retry_may_be_expressions() -> None:
    """expressions: retry values, including max_retries and multiplier."""
    functions = InProcessFunctions({"GET /item": answer(None, 500)})
    backoff = "{initial_delay: 0.5, max_delay: 9, multiplier: '${2 * 2}'}"
    retry = f"{{predicate: '${{mine}}', max_retries: '${{1 + 1}}', backoff: {backoff}}}"
    stage = Stage(functions)

    stage.failure(_fetch(retry))

    assert [0.5, 2] == stage.time.waits


@pytest.mark.parametrize(
    ("retry", "reason"),
    [
        ("'${http.always}'", "is no policy"),
        ("{max_retries: 1}", "expected the name of a function"),
        ("{predicate: '${mine}'}", "max_retries and backoff are required"),
        ("{predicate: '${mine}', max_retries: 1, backoff: {initial_delay: 1}}", "backoff has initial_delay"),
        (f"{{predicate: '${{nobody}}', max_retries: 1, {_BACKOFF}}}", "'nobody' is neither a predicate"),
        (f"{{predicate: '${{main}}', max_retries: 1, {_BACKOFF}}}", "'main' takes the error, and nothing else"),
        ("{predicate: '${mine}', max_retries: 1, backoff: {initial_delay: 1, delay: 2}}", "backoff has no 'delay'"),
    ],
)
def test_retries_that_cannot_be_are_refused(retry: str, reason: str) -> None:
    """retrying: without a policy all fields are required; a custom predicate takes one argument."""
    assert reason in refusals(_fetch(retry))[0]


def test_a_predicate_says_true_or_false() -> None:
    """retrying: a custom predicate returns a boolean."""
    source = _fetch(f"{{predicate: '${{mine}}', max_retries: 1, {_BACKOFF}}}").replace("return: false", "return: 0")

    assert ["TypeError"] == Stage(InProcessFunctions({})).failure(source)["tags"]


def test_an_error_in_an_assignment_leaves_nothing_locked() -> None:
    """The next assignment is made: an error ends the one it happened in, and nothing else."""
    source = """
        main:
          steps:
            - a: {try: {assign: [n: "${1 / 0}"]}, except: {steps: [b: {assign: [m: 1]}]}}
            - c: {assign: [n: 2]}
            - d: {return: "${n}"}
        """

    assert 2 == run(source)
