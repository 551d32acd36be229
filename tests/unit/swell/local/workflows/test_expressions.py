"""Expressions mean what the documentation says. Quoted: pages of cloud.google.com/workflows/docs/reference/syntax."""

from typing import Any

import pytest

from tests.builders.workflows import error_of, refusals, run, value_of


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("7 // 2", 3),
        ("7 % 4", 3),
        ("7 / 2", 3.5),
        ("4 / 2", 2.0),
        ("-2 - -3", 1),
        ("2 - 1 - 1", 0),
        ("1 < 2 and 2 >= 2", True),
        ("1 == 1.0", True),
        ('"a" < "b"', True),
        ("true or false and false", True),
        ("TRUE AND not False", True),
        ("null == null", True),
        ('"null" == null', False),
        ("[1, [2]][1][0]", 2),
        ('"it\'s" + \'a "b"\'', 'it\'sa "b"'),
        (r'"a\nb"', "a\nb"),
    ],
)
def test_operators_and_their_order(expression: str, value: Any) -> None:
    """datatypes: the table of precedence, from parentheses down to `or`; `/` divides as doubles, `//` floors."""
    found = value_of(expression)

    assert (value, type(value)) == (found, type(found))


def test_not_binds_before_comparison() -> None:
    """datatypes: `not` stands above comparison in the order of operations, so it takes the nearest value alone."""
    assert value_of("not (1 == 2)") is True
    assert ["TypeError"] == error_of("not 1 == 2")["tags"]


@pytest.mark.parametrize(
    ("left", "right", "joined"),
    [('"a"', "1", "a1"), ("1", '"a"', "1a"), ('"a"', "1.5", "a1.5"), ('"a"', "true", "atrue"), ("1", "1.5", 2.5)],
)
def test_plus_converts_as_its_table_says(left: str, right: str, joined: Any) -> None:
    """datatypes: with a string on either side, integers, doubles and booleans become strings."""
    assert joined == value_of(f"{left} + {right}")


@pytest.mark.parametrize("expression", ["true + true", "1 + true", '"a" + null', '"a" - 1', "[1] + [2]", "1 < null"])
def test_what_the_tables_call_an_error(expression: str) -> None:
    """datatypes: other pairs of types are an ERROR; error-types: TypeError is incompatible types."""
    assert ["TypeError"] == error_of(expression)["tags"]


@pytest.mark.parametrize("expression", ["1 / 0", "1 // 0", "1 % 0", "1.0 / 0"])
def test_division_by_zero(expression: str) -> None:
    """error-types: ZeroDivisionError."""
    assert ["ZeroDivisionError"] == error_of(expression)["tags"]


def test_integers_have_64_bits() -> None:
    """datatypes: Integer (64 bit, signed)."""
    assert 2**63 - 1 == value_of("9223372036854775806 + 1")
    assert ["ValueError"] == error_of("9223372036854775807 + 1")["tags"]


def test_logical_operators_take_booleans_only() -> None:
    """datatypes: logical operators can be used only on boolean values; what decides ends the evaluation."""
    assert ["TypeError"] == error_of("1 and true")["tags"]
    assert value_of("false and 1 / 0 == 1") is False
    assert value_of("true or 1 / 0 == 1") is True


def test_membership() -> None:
    """Cheat sheet: `in` finds values of a list and keys of a map."""
    assert value_of('"b" in x', ["a", "b"]) is True
    assert value_of('"b" in x', {"b": 1}) is True
    assert value_of('"c" in x', {"b": 1}) is False
    assert ["TypeError"] == error_of('"b" in x', "abc")["tags"]


def test_access_by_key_and_index() -> None:
    """expressions: object.field, object["field"], list[index], and these of one another."""
    assert 3 == value_of('x.a["b-c"][1]', {"a": {"b-c": [2, 3]}})
    assert 1 == value_of("x.list[len(x.list) - 2]", {"list": [0, 1, 2]})


@pytest.mark.parametrize(
    ("expression", "tag"),
    [("x.b", "KeyError"), ("x.a[2]", "IndexError"), ("x.a[0 - 1]", "IndexError"), ("x.a.b", "TypeError")],
)
def test_access_to_what_is_not_there(expression: str, tag: str) -> None:
    """error-types: KeyError is a key that is missing, IndexError an index out of range, TypeError a wrong type."""
    assert [tag] == error_of(expression, {"a": [1, 2]})["tags"]


def test_an_expression_is_the_whole_string() -> None:
    """expressions: all begin with `$` and are enclosed in curly brackets; text around one is refused by name."""
    assert "around an expression" in refusals('main: {steps: [a: {return: "no ${1}"}]}')[0]
    assert "plain $ and {}" == run('main: {steps: [a: {return: "plain $ and {}"}]}')


def test_an_expression_has_at_most_400_characters() -> None:
    """quotas: Expression length, 400 characters."""
    within, beyond = '"' + "a" * 398 + '"', '"' + "a" * 399 + '"'

    assert "a" * 398 == value_of(within)
    assert "401 characters, allowed: 400" in refusals(f"main: {{steps: [a: {{return: '${{{beyond}}}'}}]}}")[0]


@pytest.mark.parametrize(
    "expression", ["1 +", "(1", "a b", "f(1,,2)", "[1", "x.1", "1 ? 2", "{}", "x[1](2)", "not", '"open']
)
def test_what_is_no_expression_is_refused(expression: str) -> None:
    """The step and the expression are named."""
    [problem] = refusals(f"main: {{params: [x], steps: [here: {{return: '${{{expression}}}'}}]}}")

    assert problem.startswith(f"main.here: ${{{expression}}}: ")


def test_lists_and_maps_are_evaluated_through() -> None:
    """expressions: parameters may hold expressions at any depth."""
    made = run("main: {steps: [a: {return: {sum: '${1 + 1}', list: ['${2 * 2}', plain, {deep: '${not true}'}]}}]}")

    assert {"sum": 2, "list": [4, "plain", {"deep": False}]} == made
