"""The workflow files: the published schema, our rules, and nothing that is not interpreted."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from swell.local.workflows.reading import SUFFIX, WORKFLOWS, read_file

_SCHEMA = Path(__file__).parent / "schemas" / "cloud_workflows.schema.json"
_FILES = sorted(WORKFLOWS.glob(f"*{SUFFIX}"))
_NAME = re.compile(r"[a-z]+(_[a-z]+)+")
_HEADER = ("Starter:", "Input:", "End states:", "Undo:")


@pytest.fixture(params=_FILES, ids=lambda path: path.name)
def path(request: pytest.FixtureRequest) -> Path:
    """Each file."""
    found: Path = request.param
    return found


def _document(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


def _steps(value: Any, around: tuple[Any, ...] = ()) -> Iterator[tuple[str, Any, tuple[Any, ...]]]:
    """Name and body of each step, and the bodies around it, outermost first."""
    if isinstance(value, dict):
        for key, below in value.items():
            if key in ("steps", "branches") and isinstance(below, list):
                for each in below:
                    [(name, body)] = each.items()
                    yield name, body, around
                    yield from _steps(body, (*around, body))
            else:
                yield from _steps(below, around)
    elif isinstance(value, list):
        for below in value:
            yield from _steps(below, around)


def _calls(path: Path) -> Iterator[tuple[str, Any, Any]]:
    """Name of the step, the call, and the step that holds it; `try: {call: …}` too."""
    for name, body, around in _steps(_document(path)):
        if "call" in body:
            yield name, body, around[-1] if around else {}
        elif isinstance(body.get("try"), dict) and "call" in body["try"]:
            yield name, body["try"], body


def test_there_are_workflows() -> None:
    """Named as `<verb>_<noun>`."""
    assert _FILES
    assert [] == [path.name for path in _FILES if not _NAME.fullmatch(path.name.removesuffix(SUFFIX))]


def test_a_file_meets_the_published_schema(path: Path) -> None:
    """That of SchemaStore, which editors use too."""
    validator = Draft7Validator(json.loads(_SCHEMA.read_text()))

    assert [] == [error.message[:200] for error in validator.iter_errors(_document(path))]


def test_a_file_is_interpreted_here(path: Path) -> None:
    """Jumps, calls, variables and expressions are all within the subset."""
    assert path.name.removesuffix(SUFFIX) == read_file(path).name


def test_a_file_says_what_it_is(path: Path) -> None:
    """The comment at its head names starter, input, end states and how it is undone."""
    header = "\n".join(line for line in path.read_text().split("\nmain:")[0].splitlines() if line.startswith("#"))

    assert [] == [each for each in _HEADER if each not in header]


def test_main_is_short_enough_to_read(path: Path) -> None:
    """At most 60 lines; the rest is in subworkflows."""
    main = path.read_text().split("\nmain:")[1].split("\n\n")[0]

    assert 60 >= len(main.splitlines())


def test_main_has_a_way_back(path: Path) -> None:
    """Some step of main catches what fails, compensates, and raises it again."""
    main = _document(path)["main"]
    rescues = [body["except"]["steps"] for _, body, _ in _steps(main) if "except" in body]

    assert [rescue for rescue in rescues if any("raise" in body for step in rescue for body in step.values())]


def test_requests_have_auth_timeout_and_retry(path: Path) -> None:
    """Each shows who it is, ends in time, and is sent again after what may pass."""
    requests = [(name, call, holder) for name, call, holder in _calls(path) if call["call"].startswith("http.")]

    assert requests
    for name, call, holder in requests:
        assert "OIDC" == call["args"]["auth"]["type"], name
        assert "audience" in call["args"]["auth"], name
        assert 0 < call["args"]["timeout"] <= 300, name
        assert {"predicate", "max_retries", "backoff"} == set(holder["retry"]), name


def test_results_are_used(path: Path) -> None:
    """What a call returns is not kept for nobody."""
    for routine, body in _document(path).items():
        text = json.dumps(body)
        for name, call, _ in _calls_of(body):
            result = call.get("result")
            uses = len(re.findall(rf"\b{result}\b", text)) - text.count(f'"result": "{result}"')
            assert result is None or uses, f"{routine}.{name}: {result}"


def _calls_of(body: Any) -> Iterator[tuple[str, Any, Any]]:
    for name, step, _ in _steps(body):
        call = step if "call" in step else step.get("try", {})
        if isinstance(call, dict) and "call" in call:
            yield name, call, step


def test_rules_live_in_functions(path: Path) -> None:
    """A workflow adds no numbers up, but to find a moment: arithmetic is a rule, and rules are tested functions."""
    text = "\n".join(line for line in path.read_text().splitlines() if "sys.now()" not in line)
    expressions = re.findall(r"\$\{([^}]*)\}", text)
    without_strings = [re.sub(r'"[^"]*"', '""', expression) for expression in expressions]

    assert [] == [expression for expression in without_strings if re.search(r"[*/%]|\d\s*[+-]|[+-]\s*\d", expression)]


def test_a_broken_file_is_noticed(tmp_path: Path) -> None:
    """The schema finds unknown keys, the reading what a schema cannot see."""
    broken = {"main": {"steps": [{"a": {"call": "http.get", "argz": {}}}]}}
    validator = Draft7Validator(json.loads(_SCHEMA.read_text()))

    assert list(validator.iter_errors(broken))
    assert not list(validator.iter_errors({"main": {"steps": [{"a": {"next": "nowhere"}}]}}))
