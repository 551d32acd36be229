"""From YAML to a `Workflow`: every key that is not interpreted is refused by its name."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import yaml

from shared.topology.loading import load_yaml
from swell.local.workflows.checking import problems_of
from swell.local.workflows.definition import Routine, Steps, Workflow
from swell.local.workflows.expressions.templates import template
from swell.local.workflows.expressions.tokens import MalformedExpressionError
from swell.local.workflows.failure import InvalidWorkflow
from swell.local.workflows.limits import MAX_SOURCE_BYTES
from swell.local.workflows.reading_steps import StepReader

SUFFIX: Final = ".workflows.yaml"
WORKFLOWS: Final = Path(__file__).parents[3] / "workflows"
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")


def read_all(directory: Path = WORKFLOWS) -> dict[str, Workflow]:
    """The workflows of a directory, by name.

    Raises:
        InvalidWorkflow: as `read_file`, for the first of them.
    """
    found = [read_file(path) for path in sorted(directory.glob(f"*{SUFFIX}"))]
    return {workflow.name: workflow for workflow in found}


def read_file(path: Path) -> Workflow:
    """The workflow in `<name>.workflows.yaml`.

    Raises:
        InvalidWorkflow: it cannot be read, or not be executed here; every problem is named.
    """
    name = path.name.removesuffix(SUFFIX)
    try:
        return read(name, path.read_text())
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidWorkflow(name, [str(error)]) from error


def read(name: str, source: str) -> Workflow:
    """The workflow in a source text.

    Raises:
        InvalidWorkflow: it cannot be executed here; every problem is named.
    """
    if len(source.encode()) > MAX_SOURCE_BYTES:
        raise InvalidWorkflow(name, [f"{len(source.encode()):,} bytes, allowed: {MAX_SOURCE_BYTES:,}"])
    try:
        document = load_yaml(source.encode())
    except yaml.YAMLError as error:
        raise InvalidWorkflow(name, [str(error)]) from error
    problems: list[str] = []
    routines = dict(_routines(document, problems))
    workflow = Workflow(name, hashlib.sha256(source.encode()).hexdigest()[:12], routines)
    problems += [] if problems else problems_of(workflow)
    if problems:
        raise InvalidWorkflow(name, problems)
    return workflow


def _routines(document: Any, problems: list[str]) -> Iterator[tuple[str, Routine]]:
    if isinstance(document, list):
        yield "main", Routine("main", {}, StepReader("main", problems).steps(document))
        return
    if not isinstance(document, dict) or "main" not in document:
        problems.append("neither a list of steps nor routines with a 'main'")
        return
    for name, body in document.items():
        yield name, _routine(name, body, problems)


def _routine(name: Any, body: Any, problems: list[str]) -> Routine:
    empty = Routine(str(name), {}, Steps(()))
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        problems.append(f"routine {name!r} is not named as one")
        return empty
    if not isinstance(body, dict) or "steps" not in body:
        problems.append(f"{name}: a routine has 'steps'")
        return empty
    unknown = sorted(set(body) - {"params", "steps"})
    if unknown:
        problems.append(f"{name}: no such keys in a routine: {unknown}")
    with collecting(name, problems):
        return Routine(name, _parameters(name, body.get("params", [])), StepReader(name, problems).steps(body["steps"]))
    return empty


def _parameters(routine: str, declared: Any) -> Mapping[str, Any]:
    """`[a, b: default]`; main takes one, the execution's argument."""
    if not isinstance(declared, list):
        raise MalformedExpressionError(f"params are a list, got {declared!r:.50}")
    parameters: dict[str, Any] = {}
    for each in declared:
        name, default = next(iter(each.items())) if isinstance(each, dict) and len(each) == 1 else (each, None)
        if not isinstance(name, str) or not _NAME.fullmatch(name) or name in parameters:
            raise MalformedExpressionError(f"{each!r:.50} is not a parameter, or one for the second time")
        parameters[name] = template(default) if isinstance(each, dict) else None
    if routine == "main" and len(parameters) > 1:
        raise MalformedExpressionError("main has one parameter at most")
    return parameters


@contextmanager
def collecting(place: str, problems: list[str]) -> Iterator[None]:
    """Note a malformed expression with its place, and go on."""
    try:
        yield
    except MalformedExpressionError as error:
        problems.append(f"{place}: {error}")
