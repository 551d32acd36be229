"""What the document says of one route beside what topology.yaml says."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

from shared.http import RequestModel

JSON: Final = "application/json"
EVENT_STREAM: Final = "text/event-stream"
PARQUET: Final = "application/vnd.apache.parquet"

Schema = Mapping[str, Any]

ANYTHING: Final[Schema] = {"type": "object"}
BYTES: Final[Schema] = {"type": "string", "format": "binary"}


@dataclass(frozen=True)
class Answer:
    """What a route answers with a status of success; no content where there is no schema."""

    schema: Schema | None = None
    media_type: str = JSON
    status: HTTPStatus = HTTPStatus.OK
    text: str = ""


NO_CONTENT: Final = Answer(status=HTTPStatus.NO_CONTENT)


@dataclass(frozen=True)
class RouteDoc:
    """A route: what it does, the models that read its body and its query parameters, the headers that it reads."""

    name: str
    summary: str
    answers: tuple[Answer, ...] = (Answer(ANYTHING),)
    body: type[RequestModel] | None = field(default=None, kw_only=True)
    parameters: type[RequestModel] | None = field(default=None, kw_only=True)
    more_parameters: tuple[Schema, ...] = field(default=(), kw_only=True)


def header(name: str, description: str, **schema: Any) -> Schema:
    """A header that a route reads; none is required."""
    return {"name": name, "in": "header", "description": description, "schema": {"type": "string", **schema}}


def required(**properties: Schema) -> Schema:
    """An object with at least these properties."""
    return {"type": "object", "properties": properties, "required": list(properties)}


def with_optional(schema: Schema, **properties: Schema) -> Schema:
    """The object, which may also have these properties."""
    return {**schema, "properties": {**schema["properties"], **properties}}


def array(items: Schema) -> Schema:
    """A list of them."""
    return {"type": "array", "items": items}
