"""The standard library, as cloud.google.com/workflows/docs/reference/stdlib has it."""

from typing import Any

import pytest

from tests.builders.workflows import IDENTITY, Stage, error_of, refusals, run, value_of


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ('int("42")', 42),
        ("int(2.7)", 2),
        ('double("2.5")', 2.5),
        ("string(1.5)", "1.5"),
        ("string(true)", "true"),
        ("get_type(null)", "null"),
        ("get_type(1)", "integer"),
        ("get_type([1])", "list"),
        ('default(null, "b")', "b"),
        ('default(map.get(x, "no"), 3)', 3),
        ('if(1 < 2, "yes", "no")', "yes"),
        ("len(x)", 3),
        ('len("äö")', 2),
        ("keys(x)", ["a", "b", "c"]),
        ("list.concat([1], [2])", [1, [2]]),
        ("list.prepend([1], 0)", [0, 1]),
        ('map.get(x, ["c", "d"])', 4),
        ('map.get(x, ["c", "no", "no"])', None),
        ('map.delete(x.c, "d")', {}),
        ("map.merge(x.c, x.c)", {"d": 4}),
        ("math.floor(-1.5)", -2),
        ("math.abs(-3)", 3),
        ("math.max(1, 2.5)", 2.5),
        ("math.min(1, 2)", 1),
        ('text.split("a,b", ",")', ["a", "b"]),
        ('text.substring("abcd", 1, 3)', "bc"),
        ('text.to_upper(text.to_lower("aB"))', "AB"),
        ('text.replace_all("aXbX", "X", "-")', "a-b-"),
        ('text.match_regex("region-1", "^[a-z]+-[0-9]$")', True),
        ('json.decode("[1]")', [1]),
        ('json.decode(text.encode("{}"))', {}),
        ("json.encode_to_string(x.c)", '{"d":4}'),
        ('base64.encode(text.encode("hi"))', "aGk="),
        ('text.decode(base64.decode("aGk="))', "hi"),
        ("time.format(0)", "1970-01-01T00:00:00Z"),
        ('time.format(0, "Europe/Berlin")', "1970-01-01T01:00:00+01:00"),
        ('time.parse("1970-01-01T00:01:00Z")', 60.0),
    ],
)
def test_functions(expression: str, value: Any) -> None:
    """Each function gives what its page says."""
    assert value == value_of(expression, {"c": {"d": 4}, "b": 2, "a": 1})


@pytest.mark.parametrize(
    ("expression", "tag"),
    [
        ('int("a")', "ValueError"),
        ("int(null)", "TypeError"),
        ("string([1])", "TypeError"),
        ("len(1)", "TypeError"),
        ("list.concat(1, 2)", "TypeError"),
        ('map.delete(x, "no")', "KeyError"),
        ('text.substring("ab", 1, 9)', "IndexError"),
        ('text.match_regex("a", "(")', "ValueError"),
        ('json.decode("{")', "ValueError"),
        ('base64.decode("?")', "ValueError"),
        ('time.parse("today")', "ValueError"),
        ('time.parse("2026-06-01T12:00:00")', "ValueError"),
        ('time.format(0, "Mars/Olympus")', "ValueError"),
        ('sys.get_env("NOT_SET")', "KeyError"),
    ],
)
def test_failures_of_functions(expression: str, tag: str) -> None:
    """Each can be caught by the tag that its page names."""
    assert [tag] == error_of(expression, {})["tags"]


def test_call_steps_name_the_parameters() -> None:
    """calls: a function of the standard library can be called by a step, its arguments given by name."""
    made = run("""
        main:
          steps:
            - split:
                call: text.split
                args: {source: a-b, separator: "-"}
                result: parts
            - answer: {return: "${parts}"}
        """)

    assert ["a", "b"] == made


def test_environment_variables() -> None:
    """environment-variables: built-in ones say what the execution is; others were given when it was deployed."""
    source = 'main: {steps: [a: {return: ["${sys.get_env(%s)}", "${sys.get_env(%s, 7)}"]}]}'

    assert [IDENTITY.workflow, 7] == run(source % ("'GOOGLE_CLOUD_WORKFLOW_ID'", "'NO'"))
    assert ["http://here", 7] == Stage(variables={"URL": "http://here"}).run(source % ("'URL'", "'NO'"))


def test_now_and_identifiers() -> None:
    """sys.now is Unix time in seconds; uuid.generate is new each time."""
    now, first, second = run(
        "main: {steps: [a: {return: ['${sys.now()}', '${uuid.generate()}', '${uuid.generate()}']}]}"
    )

    assert 1_780_315_200.0 == now
    assert 36 == len(first)
    assert first != second


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("hash.compute_hmac(x)", "function hash.compute_hmac: is not interpreted here"),
        ("text.find_all(x)", "function text.find_all: is not interpreted here"),
        ("len()", "function len: len takes ['value'], got 0 arguments"),
        ("len(x, x)", "function len: len takes ['value'], got 2 arguments"),
        ("http.get(x)", "http.get waits or reaches out: only a call step may use it, not an expression"),
        ("sys.sleep(1)", "sys.sleep waits or reaches out: only a call step may use it, not an expression"),
    ],
)
def test_what_is_outside_of_the_subset_is_refused_by_name(expression: str, reason: str) -> None:
    """Before anything runs. expressions: blocking calls cannot be used inside an expression."""
    assert [f"main.a: {reason}"] == refusals(f"main: {{params: [x], steps: [a: {{return: '${{{expression}}}'}}]}}")
