"""Assign, switch, jumps, loops, subworkflows. Quoted: pages of cloud.google.com/workflows/docs/reference/syntax."""

from typing import Any

import pytest

from swell.local.workflows.limits import MAX_STEPS
from tests.builders.workflows import Stage, refusals, run


def _main(*steps: str, params: str = "[x]") -> str:
    return f"main:\n  params: {params}\n  steps:\n" + "".join(f"    - {step}\n" for step in steps)


def test_assignments_are_made_in_order() -> None:
    """variables: assignments of a step are processed one after another, so later ones see earlier ones."""
    assert 6 == run(_main("a: {assign: [n: 1, n: '${n + 1}', n: '${n * 3}']}", "b: {return: '${n}'}"))


def test_assignment_to_elements() -> None:
    """Cheat sheet: my_list[idx + 1], map.key, map["key"] are assigned to, also within each other."""
    made = run(
        _main(
            'a: {assign: [m: {l: [1, {k: 2}]}, i: 0, "m.l[i + 1].k": 3, "m[\\"new\\"]": 4, m.deep.er: 5]}',
            "b: {return: '${m}'}",
        )
    )

    assert {"l": [1, {"k": 3}], "new": 4, "deep": {"er": 5}} == made


@pytest.mark.parametrize(("target", "tag"), [("l[2]", "IndexError"), ("l.key", "TypeError"), ("n.key", "TypeError")])
def test_assignment_to_elements_that_cannot_be(target: str, tag: str) -> None:
    """error-types: the error of the access, and nothing is assigned."""
    attempt = f"{{assign: [l: [1, 2], n: 1, '{target}': 3]}}"
    source = _main(f"a: {{try: {attempt}, except: {{as: e, steps: [b: {{return: ['${{e.tags[0]}}', '${{l}}']}}]}}}}")

    assert [tag, [1, 2]] == run(source)


def test_values_are_passed_by_value() -> None:
    """variables: assigning one variable to another creates a separate, independent copy."""
    made = run(_main("a: {assign: [a: {k: [1]}, b: '${a}', 'b.k[0]': 2]}", "c: {return: ['${a}', '${b}']}"))

    assert [{"k": [1]}, {"k": [2]}] == made


def test_an_assign_step_takes_50_assignments() -> None:
    """quotas: Assignments per step, 50."""
    assert 50 == run(_main(f"a: {{assign: [{', '.join(f'n: {n}' for n in range(1, 51))}]}}", "b: {return: '${n}'}"))
    assert "1 to 50" in refusals(_main(f"a: {{assign: [{', '.join('n: 1' for _ in range(51))}]}}"))[0]


@pytest.mark.parametrize(("x", "value"), [(1, "low"), (5, "mid"), (9, "high"), (100, "over")])
def test_a_switch_takes_the_first_condition_that_holds(x: int, value: str) -> None:
    """conditions: evaluated in the order of their definition; `next` of the step itself where none holds."""
    source = _main(
        """choose:
        switch:
          - {condition: "${x < 3}", next: low}
          - {condition: "${x < 7}", return: mid}
          - condition: "${x < 50}"
            steps:
              - keep: {assign: [kept: high]}
              - leave: {next: give}
        next: over""",
        "low: {return: low}",
        "over: {return: over}",
        "give: {return: '${kept}'}",
    )

    assert value == run(source, x)


def test_a_condition_is_a_boolean() -> None:
    """conditions: the expression has to be a boolean; there is no truth of other values."""
    assert ["TypeError"] == Stage().failure(_main("a: {switch: [{condition: '${1}', next: end}]}"))["tags"]


def test_jumps_and_the_end() -> None:
    """jumps: `next` names the step that follows; `end` stops without a value."""
    source = _main(
        "a: {assign: [path: a], next: c}",
        "b: {return: '${path}'}",
        "c: {assign: [path: '${path + \"c\"}'], next: b}",
    )

    assert "ac" == run(source)
    assert run(_main("a: {assign: [n: 1], next: end}", "b: {return: 2}")) is None
    assert run(_main("a: {assign: [n: 1]}")) is None


def test_a_null_is_returned_and_ends_the_workflow() -> None:
    """completing: return stops the execution, with whatever value."""
    assert run(_main("a: {return: null}", "b: {return: 2}")) is None


@pytest.mark.parametrize(
    ("steps", "target", "reason"),
    [
        (["a: {next: nowhere}"], "nowhere", "no such step in this block or one around it"),
        (["a: {next: break}"], "break", "not in a loop whose iterations follow each other"),
        (["a: {next: continue}"], "continue", "not in a loop"),
        (["a: {for: {value: v, in: [1], steps: [b: {next: c}]}}", "c: {return: 1}"], "c", "no such step"),
        (["a: {steps: [b: {assign: [n: 1]}]}", "c: {next: b}"], "b", "no such step"),
    ],
)
def test_jumps_that_lead_nowhere_are_refused(steps: list[str], target: str, reason: str) -> None:
    """iteration: jumping in or out of a for loop is not allowed. Jumps into nested steps are not interpreted here."""
    [problem] = refusals(_main(*steps))

    assert f"next: {target}: {reason}" in problem


def test_steps_can_jump_out_of_nested_steps() -> None:
    """steps: nested steps are part of the routine around them; a jump goes to a step of a block around."""
    assert 2 == run(_main("a: {steps: [b: {next: d}]}", "c: {return: 1}", "d: {return: 2}"))


@pytest.mark.parametrize(
    ("over", "values"),
    [
        ("in: [5, 6, 7]", [[5, 0], [6, 1], [7, 2]]),
        ("in: '${keys(x)}'", [["a", 0], ["b", 1]]),
        ("range: [1, 3]", [[1, 0], [2, 1], [3, 2]]),
        ("range: ['${2 - 1}', '${1}']", [[1, 0]]),
        ("in: []", []),
    ],
)
def test_loops(over: str, values: Any) -> None:
    """iteration: lists with an offset from 0; ranges whose begin and end belong to them; keys() is sorted."""
    source = _main(
        "a: {assign: [seen: []]}",
        f"b: {{for: {{value: v, index: i, {over}, steps: [c: {{assign: [seen: '${{list.concat(seen, [v, i])}}']}}]}}}}",
        "d: {return: '${seen}'}",
    )

    assert values == run(source, {"b": 1, "a": 1})


def test_break_and_continue() -> None:
    """iteration: break ends the loop, continue the iteration; a return within ends the routine."""
    source = _main(
        "a: {assign: [seen: []]}",
        """b:
        for:
          value: v
          range: [1, 9]
          steps:
            - skip: {switch: [{condition: '${v % 2 == 0}', next: continue}, {condition: '${v > x}', next: break}]}
            - keep: {assign: [seen: '${list.concat(seen, v)}']}
            - leave: {switch: [{condition: '${v == 7}', return: seven}]}""",
        "d: {return: '${seen}'}",
    )

    assert [1, 3, 5] == run(source, 5)
    assert "seven" == run(source, 8)


def test_steps_within_a_loop_can_jump_to_each_other() -> None:
    """iteration: jumping between named steps belonging to the same for loop is allowed."""
    source = _main(
        "a: {assign: [n: 0]}",
        "b: {for: {value: v, in: [1, 2], steps: [c: {next: e}, d: {assign: [n: 100]}, e: {assign: [n: '${n + v}']}]}}",
        "f: {return: '${n}'}",
    )

    assert 3 == run(source)


def test_variables_of_a_loop_end_with_it() -> None:
    """variables: a variable created in a for loop is local to it; using it outside is an error of the deployment."""
    source = _main("a: {for: {value: v, in: [1], steps: [b: {assign: [inside: '${v}']}]}}", "c: {return: '${%s}'}")

    assert ["main.c: no variable 'v' in this scope"] == refusals(source % "v")
    assert ["main.c: no variable 'inside' in this scope"] == refusals(source % "inside")


def test_what_a_loop_assigns_outside_stays() -> None:
    """variables: a variable of a scope around is written where it is."""
    source = _main(
        "a: {assign: [n: 0]}",
        "b: {for: {value: v, in: [1, 2], steps: [c: {assign: [n: '${n + v}']}]}}",
        "d: {return: '${n}'}",
    )

    assert 3 == run(source)


def test_loops_take_lists() -> None:
    """iteration: `in` is a list."""
    source = _main("a: {for: {value: v, in: '${x}', steps: [b: {assign: [n: 1]}]}}")

    assert ["TypeError"] == Stage().failure(source, {"a": 1})["tags"]


_SUBWORKFLOWS = """
main:
  params: [x]
  steps:
    - step_call:
        call: address
        args: {street: S, zip: "1"}
        result: by_step
    - answer:
        return: ["${by_step}", "${address(\\"T\\", \\"2\\", \\"DE\\")}"]
address:
  params: [street, zip, country: US]
  steps:
    - join: {return: '${street + zip + country}'}
"""


def test_subworkflows_are_called_by_steps_and_in_expressions() -> None:
    """subworkflows: parameters by name or by position; a default is used where a parameter is not given."""
    assert ["S1US", "T2DE"] == run(_SUBWORKFLOWS)


def test_subworkflows_have_variables_of_their_own() -> None:
    """subworkflows: one sees its parameters, and nothing of its caller; `end` returns nothing."""
    source = _main("a: {assign: [n: 1]}", "b: {call: other, result: r}", "c: {return: ['${n}', '${r}']}")

    assert [1, None] == run(source + "other: {steps: [a: {assign: [n: 2], next: end}, b: {return: 3}]}")
    assert ["other.a: no variable 'n' in this scope"] == refusals(source + "other: {steps: [a: {return: '${n}'}]}")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [("{street: S}", "got ['street']"), ("{street: S, zip: 1, town: T}", "got ['street', 'zip', 'town']")],
)
def test_arguments_that_do_not_fit_are_refused(arguments: str, reason: str) -> None:
    """subworkflows: those without a default are required, and there are no others."""
    assert reason in refusals(_SUBWORKFLOWS.replace('{street: S, zip: "1"}', arguments))[0]


def test_subworkflows_that_wait_are_not_called_in_expressions() -> None:
    """expressions: blocking calls must be run from a call step, whatever is around them."""
    source = _main("a: {return: '${waits()}'}") + "waits: {steps: [a: {call: deeper}]}\n"

    [problem] = refusals(source + "deeper: {steps: [a: {call: sys.sleep, args: {seconds: 1}}]}")

    assert "main.a: waits waits or reaches out" in problem


def test_calls_are_nested_20_deep() -> None:
    """quotas: Call stack depth, 20; error-types: RecursionError."""
    steps = "[a: {switch: [{condition: '${n == 0}', return: deep}]}, b: {return: '${down(n - 1)}'}]"
    source = _main("a: {return: '${down(x)}'}") + f"down: {{params: [n], steps: {steps}}}"

    assert "deep" == run(source, 18)
    assert ["RecursionError"] == Stage().failure(source, 19)["tags"]


def test_an_execution_takes_100_000_steps() -> None:
    """quotas: Maximum number of steps per execution, 100,000; error-types: ResourceLimitError."""
    assert 100_000 == MAX_STEPS
    assert run(_main("a: {assign: [n: 1]}", "b: {assign: [n: 2]}")) is None
    assert ["ResourceLimitError"] == Stage(max_steps=1_000).failure(_main("a: {next: b}", "b: {next: a}"))["tags"]


def test_variables_take_512_kb() -> None:
    """quotas: Memory for variables, 512 KB in all; variables: a copy takes as much again."""
    source = _main("a: {assign: [a: '${x}', b: '${x}']}", "b: {return: '${len(b)}'}")

    assert 170_000 == run(source, "a" * 170_000)
    assert ["ResourceLimitError"] == Stage().failure(source, "a" * 180_000)["tags"]


def test_a_workflow_can_be_a_list_of_steps() -> None:
    """steps: without subworkflows and arguments, main can be left out."""
    assert 1 == run("- a: {return: 1}")


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("steps: []", "neither a list of steps nor routines with a 'main'"),
        ("main: {steps: [], timeout: 3}", "main: no such keys in a routine: ['timeout']"),
        ("main: {steps: [a: {call: http.get, arguments: {}}]}", "main.a: a step with 'call' has no 'arguments'"),
        ("main: {steps: [a: {assign: [n: 1], return: 2}]}", "main.a: a step does one of"),
        ("main: {steps: [a: {call: ftp.get}]}", "main.a: call: ftp.get is not interpreted here"),
        ("main: {steps: [a: {call: googleapis.run.v2.projects.locations.services.patch}]}", "is not interpreted here"),
        ("main: {steps: [a: {return: 1}, a: {return: 2}]}", "main.a: the name of two steps of one block"),
        ("main: {steps: [a: {return: 2026-06-01}]}", "is not a value of the language (dates need quotes)"),
        ("main: {steps: [a: {return: 1, return: 2}]}", "duplicate key 'return'"),
        ("main: {params: [a, b], steps: [a: {return: 1}]}", "main has one parameter at most"),
        ("main: {steps: [a: {call: main}]}", "main.a: call: main is not interpreted here"),
        ("main: [", "expected"),
    ],
)
def test_what_is_no_workflow_is_refused(source: str, reason: str) -> None:
    """Each problem names the step and what is wrong with it."""
    assert reason in "; ".join(refusals(source))
