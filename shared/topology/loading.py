"""Reading `topology.yaml`: either a consistent topology or one error that lists every problem."""

from collections.abc import Hashable
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import ValidationError

from shared.errors import ConfigurationError
from shared.topology.models import Topology

# In a checkout and in a function's bundle alike, topology.yaml stands beside the folder `shared`.
TOPOLOGY_FILE = Path(__file__).parents[2] / "topology.yaml"


# The parser in C, where PyYAML was built with it, reads this file in a tenth of the time: imports are cold start.
PARSER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

MAX_DEPTH: Final = 64
"""Lists and mappings within each other; the parser in C builds them with its stack, and ends the process at its end."""
_NOT_OF_ITS_TAG: Final = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What PyYAML lets through where a text is no value of its tag: 2026-13-45, `!!bool perhaps`, `!!int ''`."""


class UniqueKeyLoader(PARSER):  # type: ignore[misc]
    """YAML without silent overwriting: plain PyYAML keeps the last of two equal keys and says nothing."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002
        """A mapping whose keys are all different."""
        seen = set()
        for written, _ in node.value:
            key = self.construct_object(written, deep=True)
            if not isinstance(key, Hashable):
                raise yaml.MarkedYAMLError(problem=f"got a key {key!r:.80}", problem_mark=written.start_mark)
            if key in seen:
                raise yaml.MarkedYAMLError(problem=f"duplicate key {key!r:.80}", problem_mark=written.start_mark)
            seen.add(key)
        mapping: dict[Any, Any] = super().construct_mapping(node, deep=deep)
        return mapping


def load_yaml(content: bytes) -> Any:
    """The document, without aliases: nested, a few lines of them stand for more than memory holds.

    Raises:
        yaml.YAMLError: it is not YAML, is nested too deep, or has an alias, two equal keys or a value of a wrong tag.
    """
    depth = 0
    for event in yaml.parse(content, Loader=PARSER):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if isinstance(event, yaml.AliasEvent):
            raise _refused("aliases are not allowed", event)
        if depth > MAX_DEPTH:
            raise _refused(f"got {depth} lists and mappings within each other, allowed: {MAX_DEPTH}", event)
    try:
        return yaml.load(content, Loader=UniqueKeyLoader)  # noqa: S506 - a SafeLoader
    except _NOT_OF_ITS_TAG as error:
        raise yaml.YAMLError(f"got a value that its tag does not allow, such as a date: {error}") from error


def _refused(problem: str, event: yaml.Event) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=event.start_mark)  # type: ignore[arg-type]


@cache
def load_topology() -> Topology:
    """Return the topology of this checkout or bundle; read once per process."""
    return read_topology(TOPOLOGY_FILE)


def read_topology(path: Path) -> Topology:
    """Return the topology in a file.

    Raises:
        ConfigurationError: the file cannot be read, is not YAML, or breaks a rule; names every problem.
    """
    try:
        document = load_yaml(path.read_bytes())
        return Topology.model_validate(document)
    except (OSError, yaml.YAMLError) as error:
        raise ConfigurationError(f"{path}: {error}") from error
    except ValidationError as error:
        lines = "\n".join(f"  {problem}" for problem in _problems(error))
        raise ConfigurationError(f"{path}:\n{lines}") from error


def _problems(error: ValidationError) -> list[str]:
    """Return one line per problem, each beginning with where it is."""
    problems: list[str] = []
    for item in error.errors(include_url=False, include_context=False):
        place = ".".join(str(part) for part in item["loc"] if part != "[key]")
        message = item["msg"].removeprefix("Value error, ")
        problems += message.splitlines() if not place else [f"{place}: {message}, got {item['input']!r:.80}"]
    return problems
