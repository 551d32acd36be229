"""`scenario.schema.json`, generated from the models, so that the two cannot differ.

`python -m benchmarks.scenarios.schema` writes the file; editors and check-jsonschema read it.
"""

import json
from typing import Any, Final

from benchmarks.scenarios.catalog import DIRECTORY
from benchmarks.scenarios.model import Scenario

SCHEMA_FILE: Final = DIRECTORY / "scenario.schema.json"


def render() -> str:
    """The schema as it is kept in the file."""
    schema: dict[str, Any] = {"$schema": "https://json-schema.org/draft/2020-12/schema", **Scenario.model_json_schema()}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    SCHEMA_FILE.write_text(render(), encoding="utf-8")
