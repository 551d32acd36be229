"""Reading `topology.yaml`: either a consistent topology or one error that lists every problem."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from shared.errors import ConfigurationError
from shared.topology.models import Topology

# In a checkout and in a function's bundle alike, topology.yaml stands beside the folder `shared`.
TOPOLOGY_FILE = Path(__file__).parents[2] / "topology.yaml"


# The parser in C, where PyYAML was built with it, reads this file in a tenth of the time: imports are cold start.
PARSER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class UniqueKeyLoader(PARSER):  # type: ignore[misc]
    """YAML without silent overwriting: plain PyYAML keeps the last of two equal keys and says nothing."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002
        """A mapping whose keys are all different."""
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for position, key in enumerate(keys):
            if key in keys[:position]:
                mark = node.value[position][0].start_mark
                raise yaml.MarkedYAMLError(problem=f"duplicate key {key!r}", problem_mark=mark)
        mapping: dict[Any, Any] = super().construct_mapping(node, deep=deep)
        return mapping


def load_yaml(content: bytes) -> Any:
    """The document, without aliases: nested, a few lines of them stand for more than memory holds.

    Raises:
        yaml.YAMLError: it is not YAML, or has an alias or two equal keys.
    """
    if b"*" in content and b"&" in content:
        for event in yaml.parse(content, Loader=PARSER):
            if isinstance(event, yaml.AliasEvent):
                raise yaml.MarkedYAMLError(problem="aliases are not allowed", problem_mark=event.start_mark)  # type: ignore[arg-type]
    return yaml.load(content, Loader=UniqueKeyLoader)  # noqa: S506 - a SafeLoader


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
