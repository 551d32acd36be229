"""`topology.schema.json`, generated from the models in `shared.topology`, so that the two cannot differ.

`python -m swell.deploy.topology_schema` writes the file.
"""

import inspect
import json
from pathlib import Path
from typing import Any

from shared.topology import models
from shared.topology.loading import TOPOLOGY_FILE
from shared.topology.models import Topology
from swell.deploy.schemas import attribute_docstrings

SCHEMA_FILE = TOPOLOGY_FILE.with_name("topology.schema.json")


def topology_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of `topology.yaml`; it refuses every key it does not describe."""
    schema = Topology.model_json_schema()
    documented = {"Topology": schema, **schema["$defs"]}
    for model, attribute, text in attribute_docstrings(Path(inspect.getfile(models))):
        properties = documented[model]["properties"]
        properties[attribute] = dict(sorted({**properties[attribute], "description": text}.items()))
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **_closed(schema)}


def render() -> str:
    """Return the schema as it is kept in the file."""
    return json.dumps(topology_schema(), indent=2, ensure_ascii=False) + "\n"


def _closed(node: Any) -> Any:
    """Return the schema with maps closed to keys of another pattern, and without generated titles."""
    if isinstance(node, list):
        return [_closed(item) for item in node]
    if not isinstance(node, dict):
        return node
    closed = {key: _closed(value) for key, value in node.items() if not _is_title(key, value)}
    if "patternProperties" in closed:
        closed["additionalProperties"] = False  # pydantic leaves maps open
    return closed


def _is_title(key: str, value: object) -> bool:
    return key == "title" and isinstance(value, str)


if __name__ == "__main__":
    SCHEMA_FILE.write_text(render(), encoding="utf-8")
