"""Parallel steps. Quoted: cloud.google.com/workflows/docs/reference/syntax/parallel-steps."""

import threading
from typing import Any

import pytest

from swell.local.workflows.calls.http import Request, Response
from tests.builders.workflows import Stage, refusals, run
from tests.fakes.workflow_functions import InProcessFunctions, answer

_URL = "http://functions.test"


def test_iterations_have_variables_of_their_own() -> None:
    """Scope: variables of a branch are local to it; `shared` ones of the parent are written by all."""
    source = """
        main:
          params: [x]
          steps:
            - init: {assign: [found: {}]}
            - all:
                parallel:
                  shared: [found]
                  for:
                    value: v
                    in: "${x}"
                    steps:
                      - one: {assign: [tens: "${v * 10}"]}
                      - wait: {call: sys.sleep, args: {seconds: 1}}
                      - two: {assign: ["found[string(v)]": "${tens}"]}
            - answer: {return: "${found}"}
        """

    assert {str(v): v * 10 for v in range(1, 31)} == run(source, list(range(1, 31)))


def test_assignments_to_shared_variables_are_atomic() -> None:
    """Shared variables: reading and writing within one assignment is not disturbed by other branches."""
    source = """
        main:
          steps:
            - init: {assign: [sum: 0]}
            - all:
                parallel:
                  shared: [sum]
                  for: {value: v, range: [1, 200], steps: [add: {assign: [sum: "${sum + v}"]}]}
            - answer: {return: "${sum}"}
        """

    assert 20_100 == run(source)


def test_branches_run_side_by_side() -> None:
    """Parallel branches: two or more steps can execute concurrently: each waits here for the other."""
    both = threading.Barrier(2, timeout=30)

    def meet(_: Request, __: Any) -> Response:
        both.wait()
        return answer("met")

    source = f"""
        main:
          steps:
            - init: {{assign: [a: null, b: null]}}
            - all:
                parallel:
                  shared: [a, b]
                  branches:
                    - left: {{steps: [l: {{call: http.get, args: {{url: "{_URL}/"}}, result: a}}]}}
                    - right: {{steps: [r: {{call: http.get, args: {{url: "{_URL}/"}}, result: b}}]}}
            - answer: {{return: "${{a.body + b.body}}"}}
        """

    assert "metmet" == Stage(InProcessFunctions({"GET /": meet})).run(source)


class _Crowd:
    """Counts how many are inside at once."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._inside = 0
        self.most = 0

    def enter(self, _: Request, __: Any) -> Response:
        with self._guard:
            self._inside += 1
            self.most = max(self.most, self._inside)
        threading.Event().wait(0.002)
        with self._guard:
            self._inside -= 1
        return answer()


@pytest.mark.parametrize(("limit", "most"), [("2", 2), ("'${1}'", 1)])
def test_the_concurrency_limit(limit: str, most: int) -> None:
    """concurrency_limit: the maximum number that can concurrently execute; a literal value or an expression."""
    crowd = _Crowd()
    source = f"""
        main:
          steps:
            - all:
                parallel:
                  concurrency_limit: {limit}
                  for: {{value: v, range: [1, 12], steps: [c: {{call: http.get, args: {{url: "{_URL}/"}}}}]}}
        """

    Stage(InProcessFunctions({"GET /": crowd.enter})).run(source)

    assert most >= crowd.most


@pytest.mark.parametrize(("limit", "tag"), [("'${0}'", "ValueError"), ("'${true}'", "TypeError")])
def test_the_limit_is_a_positive_integer(limit: str, tag: str) -> None:
    """concurrency_limit: must be a positive integer."""
    loop = "{value: v, in: [1], steps: [b: {assign: [n: 1]}]}"
    source = f"main: {{steps: [a: {{parallel: {{concurrency_limit: {limit}, for: {loop}}}}}]}}"

    assert [tag] == Stage().failure(source)["tags"]


def test_one_failure_leaves_the_others_running() -> None:
    """continueAll: all other branches run; then the step raises UnhandledBranchError with each error."""
    source = """
        main:
          steps:
            - init: {assign: [done: []]}
            - all:
                try:
                  steps:
                    - work:
                        parallel:
                          exception_policy: continueAll
                          shared: [done]
                          for:
                            value: v
                            range: [0, 4]
                            steps:
                              - odd: {switch: [{condition: "${v % 2 == 1}", raise: "${\\"odd \\" + v}"}]}
                              - even: {assign: [done: "${list.concat(done, v)}"]}
                except:
                  as: e
                  steps:
                    - answer: {return: ["${done}", "${e}"]}
        """

    done, error = run(source)

    assert [0, 2, 4] == sorted(done)
    assert ["UnhandledBranchError", "RuntimeError"] == error["tags"]
    assert [("1", "odd 1"), ("3", "odd 3")] == [(each["id"], each["error"]["payload"]) for each in error["branches"]]
    assert error["truncated"] is False


def test_an_error_caught_in_a_branch_is_no_error_of_the_step() -> None:
    """Exceptions: a branch that handles its exception does not interrupt anything."""
    source = """
        main:
          steps:
            - all:
                parallel:
                  branches:
                    - a: {steps: [x: {try: {raise: r}, except: {steps: [h: {assign: [n: 1]}]}}]}
                    - b: {steps: [y: {assign: [n: 1]}]}
            - answer: {return: fine}
        """

    assert "fine" == run(source)


def _parallel(body: str, before: str = "init: {assign: [outer: 1, shared_one: 1]}") -> str:
    return f"""
        main:
          steps:
            - {before}
            - all: {{parallel: {body}}}
        """


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("{for: {value: v, in: [1], steps: [a: {assign: [outer: 2]}]}}", "main.a: 'outer' belongs to the surrounding"),
        ("{for: {value: v, in: [1], steps: [a: {assign: ['outer.x': 2]}]}}", "main.a: 'outer' belongs to the surroun"),
        (
            "{for: {value: v, in: [1], steps: [a: {call: http.get, args: {url: u}, result: outer}]}}",
            "main.a: 'outer' belongs to the surrounding",
        ),
        ("{shared: [nobody], for: {value: v, in: [1], steps: [a: {assign: [n: 2]}]}}", "shared: 'nobody' is not a var"),
        ("{for: {value: v, in: [1], steps: [a: {return: 1}]}}", "return inside of a parallel step is not interpreted"),
        ("{for: {value: v, in: [1], steps: [a: {next: end}]}}", "next: end: inside of a parallel step"),
        ("{for: {value: v, in: [1], steps: [a: {next: break}]}}", "next: break: not in a loop whose iterations"),
        ("{exception_policy: stop, for: {value: v, in: [1], steps: [a: {next: continue}]}}", "exception_policy"),
        ("{branches: [a: {steps: [b: {assign: [n: 1]}]}]}", "branches are a list of 2 to 10"),
        ("{shared: []}", "parallel has one of 'branches' and 'for'"),
    ],
)
def test_what_a_deployment_refuses(body: str, reason: str) -> None:
    """Scope: assigning to a variable of the parent that is not shared is a deployment error; 10 branches at most."""
    assert reason in "; ".join(refusals(_parallel(body)))


def test_parallel_steps_are_nested_two_deep() -> None:
    """quotas: Parallel nesting depth, 2."""

    def nest(inner: str) -> str:
        return f"{{for: {{value: v, in: [1], steps: [s: {inner}]}}}}"

    two = nest("{parallel: " + nest("{assign: [n: 1]}") + "}")
    three = nest("{parallel: " + two + "}")

    assert run(_parallel(two)) is None
    assert "parallel steps are nested deeper than 2" in refusals(_parallel(three))[0]


def test_continue_ends_an_iteration() -> None:
    """iteration: `continue` goes on with the next iteration, here those of the others."""
    source = """
        main:
          steps:
            - init: {assign: [n: 0]}
            - all:
                parallel:
                  shared: [n]
                  for:
                    value: v
                    range: [1, 4]
                    steps:
                      - skip: {switch: [{condition: "${v > 2}", next: continue}]}
                      - add: {assign: [n: "${n + v}"]}
            - answer: {return: "${n}"}
        """

    assert 3 == run(source)
