"""The scenarios of this directory, and any other file that is one."""

from functools import cache
from pathlib import Path
from typing import Final

import yaml
from pydantic import ValidationError

from benchmarks.scenarios.model import Fleet, Scenario
from shared.errors import SwellError
from shared.topology.loading import load_yaml

DIRECTORY: Final = Path(__file__).parent
TRACES: Final = DIRECTORY / "traces"
GROUPS: Final = ("baseline", "burst", "reliability", "workload", "endurance")
_MAX_BYTES: Final = 1_000_000


class BadScenario(SwellError):  # noqa: N818 - named for what is wrong
    """A file is not a scenario; the text names its fields, their values and what is allowed."""

    code = "bad_scenario"


@cache
def names() -> tuple[str, ...]:
    """The names of all scenarios here, by group."""
    found = [read_scenario(path) for path in DIRECTORY.glob("*.yaml")]
    return tuple(one.name for one in sorted(found, key=lambda one: (GROUPS.index(one.group), one.name)))


def find_scenario(name: str) -> Scenario:
    """A scenario by its name, or by the path of its file.

    Raises:
        BadScenario: there is none, or it is not one.
    """
    path = Path(name) if name.endswith((".yaml", ".yml")) else DIRECTORY / f"{name}.yaml"
    if not path.is_file():
        raise BadScenario(
            f"scenario: got {name!r}, allowed: a file that ends in .yaml and is there, or {', '.join(names())}"
        )
    return read_scenario(path)


def on_deployed_quotas(scenario: Scenario) -> Scenario:
    """The scenario on the instances that topology.yaml and the project's settings allow."""
    return scenario.model_copy(update={"fleet": Fleet(starts_cold=scenario.fleet.starts_cold)})


def read_scenario(path: Path) -> Scenario:
    """The scenario in a file.

    Raises:
        BadScenario: it is not one.
    """
    try:
        content = path.read_bytes()
        if len(content) > _MAX_BYTES:
            raise BadScenario(f"{path}: got {len(content)} bytes, allowed: {_MAX_BYTES}")
        return Scenario.model_validate(load_yaml(content))
    except (OSError, yaml.YAMLError) as error:
        raise BadScenario(f"{path}: {error}") from error
    except ValidationError as error:
        raise BadScenario(f"{path}: " + "; ".join(_problem(one) for one in error.errors())) from error


def _problem(error: object) -> str:
    assert isinstance(error, dict)  # noqa: S101 - pydantic's
    where = ".".join(str(part) for part in error["loc"]) or "scenario"
    value = error.get("input")
    shown = "" if isinstance(value, dict | list) else f" (got {str(value)[:60]!r})"
    return f"{where}: {error['msg'].removeprefix('Value error, ')}{shown}"
