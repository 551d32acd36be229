"""JSON schemas and `docs/events.md`, generated from the classes in `shared.events`, so that they cannot differ.

`python -m swell.deploy.event_contracts` writes the files, and removes those of types that are gone.
"""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from shared.events.event import Event
from shared.events.registry import EVENTS
from swell.deploy.schemas import attribute_docstrings, without_titles

_ROOT = Path(__file__).parents[2]
SCHEMAS = _ROOT / "shared" / "events" / "schemas"
DOCUMENT = _ROOT / "docs" / "events.md"

_PREAMBLE = """\
<!-- Written by `python -m swell.deploy.event_contracts` from the classes in `shared/events`; edit those. -->
# Events

Events are CloudEvents on Pub/Sub in binary mode, with JSON as data and the attributes
`ce-id`, `ce-type`, `ce-source`, `ce-time` and `ce-specversion`.
Delivery is at least once and in any order.
Every event carries state and an identity set by its producer, so that neither matters.
Consumers ignore fields they do not know.
A compatible change adds an optional field; any other change is a new type,
published beside the old one until nobody reads that.
The JSON schemas of the data are in `shared/events/schemas/`;
messages that every release must be able to read are in `tests/golden/events/`.
"""


def contract_files() -> dict[Path, str]:
    """Return the content of every generated file."""
    schemas = {SCHEMAS / f"{name}.json": _json(data_schema(event)) for name, event in sorted(EVENTS.items())}
    return {**schemas, DOCUMENT: "\n".join([_PREAMBLE, *(_section(EVENTS[name]) for name in sorted(EVENTS))])}


def data_schema(event: type[Event]) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of an event's data; identity and time travel as attributes."""
    schema = without_titles(_described(event.model_json_schema(), event))
    carried_by_attributes = set(Event.model_fields)
    properties = {name: field for name, field in schema["properties"].items() if name not in carried_by_attributes}
    required = [name for name in schema.get("required", []) if name not in carried_by_attributes]
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": event.type}
    return {**head, **schema, "properties": properties, "required": required}


def _described(schema: dict[str, Any], event: type[Event]) -> dict[str, Any]:
    parts = {name: part["properties"] for name, part in schema.get("$defs", {}).items() if "properties" in part}
    families = {base.__name__: schema["properties"] for base in event.__mro__ if issubclass(base, Event)}
    for model, attribute, text in _docstrings():
        for properties in (found[model] for found in (parts, families) if model in found):
            properties[attribute] = dict(sorted({**properties[attribute], "description": text}.items()))
    return schema


@cache
def _docstrings() -> list[tuple[str, str, str]]:
    return [said for source in sorted(SCHEMAS.parent.glob("*.py")) for said in attribute_docstrings(source)]


def _section(event: type[Event]) -> str:
    schema = data_schema(event)
    return "\n".join(
        [
            f"## {event.type}",
            "",
            schema["description"],
            "",
            f"Topic `{event.topic}`, from `{event.source}`, taken up to an age of {_words(event)}.",
            "",
            *_table(schema),
            "",
        ]
    )


def _table(schema: dict[str, Any]) -> list[str]:
    parts = [("", schema), *((f"{name}.", part) for name, part in schema.get("$defs", {}).items())]
    rows = [row for prefix, part in parts for row in _rows(part, prefix)]
    return ["| field | type | |", "|---|---|---|", *rows] if rows else ["It has no fields."]


def _words(event: type[Event]) -> str:
    minutes = event.max_age.total_seconds() / 60
    return f"{minutes / 1440:g} days" if minutes >= 2880 else f"{minutes:g} minutes"


def _rows(schema: dict[str, Any], prefix: str) -> Iterator[str]:
    required = set(schema.get("required", []))
    for name, field in schema["properties"].items():
        kind = _kind(field) if name in required else f"{_kind(field)}, optional"
        yield f"| `{prefix}{name}` | {kind} | {_text(field)} |"


def _text(field: dict[str, Any]) -> str:
    return str(field.get("description", "")).replace("\n", " ")


def _kind(field: dict[str, Any]) -> str:
    if "$ref" in field:
        return str(field["$ref"]).rsplit("/", 1)[-1]
    if "anyOf" in field:
        return " or ".join(_kind(option) for option in field["anyOf"] if option != {"type": "null"})
    if field.get("type") == "array":
        return f"list of {_kind(field['items'])}"
    return str(field.get("type", "any"))


def _json(schema: dict[str, Any]) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _write() -> None:
    wanted = contract_files()
    SCHEMAS.mkdir(exist_ok=True)
    for stale in set(SCHEMAS.glob("*.json")) - set(wanted):
        stale.unlink()
    for path, content in wanted.items():
        path.write_text(content, encoding="utf-8")


if __name__ == "__main__":
    _write()
