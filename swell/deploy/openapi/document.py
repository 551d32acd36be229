"""Puts the document together: a route of topology.yaml without an entry here is an error."""

import re
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from shared.auth.scope import PUBLIC_PATHS, required_scope
from shared.domain.limits import COLLECTION_NAME
from shared.topology import load_topology
from swell.deploy.openapi.data_routes import DATA_ROUTES
from swell.deploy.openapi.operator_routes import OPERATOR_ROUTES
from swell.deploy.openapi.route_doc import Answer, RouteDoc
from swell.deploy.schemas import without_titles

ROUTE_DOCS: Final[Mapping[tuple[str, str], RouteDoc]] = {**DATA_ROUTES, **OPERATOR_ROUTES}

_PROBLEM: Final[Mapping[str, Any]] = {
    "type": "object",
    "description": "Problem details (RFC 9457); `errors` names each rejected field, its value and what is allowed.",
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {name: {"type": "string"} for name in ("field", "value", "allowed")},
                "required": ["field", "value", "allowed"],
            },
        },
    },
    "required": ["type", "title", "status", "detail"],
}
_PROBLEM_CONTENT: Final = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
_RETRY_AFTER: Final = {"Retry-After": {"description": "in whole seconds", "schema": {"type": "string"}}}
_REFUSALS: Final = {
    HTTPStatus.BAD_REQUEST: "The request is not allowed: see `errors`",
    HTTPStatus.UNAUTHORIZED: "No key, or none that holds",
    HTTPStatus.FORBIDDEN: "The key may not do this",
    HTTPStatus.NOT_FOUND: "It does not exist, or not for this key",
    HTTPStatus.METHOD_NOT_ALLOWED: "The path takes other methods",
    HTTPStatus.CONFLICT: "It contradicts what is there",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body is too large",
    HTTPStatus.TOO_MANY_REQUESTS: "The key makes more requests than it may",
    HTTPStatus.SERVICE_UNAVAILABLE: "Not now; later it can succeed",
    HTTPStatus.GATEWAY_TIMEOUT: "`timeout_ms` has passed",
}
_COME_BACK: Final = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}
_IN_PATH: Final = re.compile(r"\{(\w+)\}")
_REF: Final = "#/components/schemas/{model}"


def openapi_document() -> dict[str, Any]:
    """The HTTP surface of all functions.

    Raises:
        ValueError: a route of topology.yaml has no entry, or an entry no route.
    """
    routes = [
        (route.method, route.path, name)
        for name, function in load_topology().functions.items()
        for route in function.routes
    ]
    served = {(method, path) for method, path, _ in routes}
    if differing := served ^ set(ROUTE_DOCS):
        raise ValueError(f"routes of topology.yaml and of swell/deploy/openapi differ in {sorted(differing)}")
    references, schemas = _schemas()
    paths: dict[str, dict[str, Any]] = {}
    for method, path, function in routes:
        operation = _operation(method, path, function, references)
        paths.setdefault(path, {})[method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Swell",
            "version": "1",
            "summary": "Vector search on Google Cloud",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"bearer": []}],
        "tags": [{"name": name, "description": load_topology().functions[name].description} for name in _tags(routes)],
        "paths": paths,
        "components": {
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "description": "an API key"}},
            "schemas": {**schemas, "Problem": _PROBLEM},
            "responses": {_refusal_name(status): _refusal(status, text) for status, text in _REFUSALS.items()},
        },
    }


def _tags(routes: Sequence[tuple[str, str, str]]) -> list[str]:
    return list(dict.fromkeys(function for _, _, function in routes))


def _models() -> Iterator[type[BaseModel]]:
    for doc in ROUTE_DOCS.values():
        if doc.body is not None:
            yield doc.body


def _schemas() -> tuple[Mapping[type[BaseModel], dict[str, Any]], dict[str, Any]]:
    wanted = [(model, "validation") for model in dict.fromkeys(_models())]
    references, document = models_json_schema(wanted, ref_template=_REF)  # type: ignore[arg-type]
    return {model: references[model, "validation"] for model in _models()}, without_titles(document["$defs"])


def _operation(
    method: str, path: str, function: str, references: Mapping[type[BaseModel], dict[str, Any]]
) -> dict[str, Any]:
    doc, is_public = ROUTE_DOCS[method, path], path in PUBLIC_PATHS
    operation: dict[str, Any] = {"operationId": doc.name, "tags": [function], "summary": doc.summary}
    if is_public:
        operation["security"] = []
    else:
        operation["description"] = f"Needs a key with the scope `{required_scope(method, path).value}`."
    if parameters := [*_path_parameters(path), *_query_parameters(doc), *doc.more_parameters]:
        operation["parameters"] = parameters
    if doc.body is not None:
        is_required = any(field.is_required() for field in doc.body.model_fields.values())
        content = {"application/json": {"schema": references[doc.body]}}
        operation["requestBody"] = {"required": is_required, "content": content}
    responses = {str(answer.status.value): _response(answer) for answer in doc.answers}
    refused = () if is_public else _REFUSALS
    responses.update(
        {str(status.value): {"$ref": f"#/components/responses/{_refusal_name(status)}"} for status in refused}
    )
    operation["responses"] = responses
    return operation


def _path_parameters(path: str) -> Iterator[dict[str, Any]]:
    for name in _IN_PATH.findall(path):
        schema: dict[str, Any] = {"type": "string", "minLength": 1}
        if name == "collection":
            schema["pattern"] = f"^{COLLECTION_NAME.pattern}$"
        yield {"name": name, "in": "path", "required": True, "schema": schema}


def _query_parameters(doc: RouteDoc) -> Iterator[dict[str, Any]]:
    if doc.parameters is None:
        return
    schema = without_titles(doc.parameters.model_json_schema())
    needed = set(schema.get("required", []))
    for name, field in schema["properties"].items():
        yield {"name": name, "in": "query", "required": name in needed, "schema": _given(field)}


def _given(field: dict[str, Any]) -> dict[str, Any]:
    """What a parameter may be if it is there: a query string has no null."""
    if "anyOf" not in field:
        return field
    (only,) = [option for option in field["anyOf"] if option != {"type": "null"}]
    return dict(only)


def _response(answer: Answer) -> dict[str, Any]:
    described: dict[str, Any] = {"description": answer.text or answer.status.phrase}
    if answer.schema is not None:
        described["content"] = {answer.media_type: {"schema": answer.schema}}
    return described


def _refusal_name(status: HTTPStatus) -> str:
    return f"Refused{status.value}"  # Python 3.13 renamed some of the names


def _refusal(status: HTTPStatus, text: str) -> dict[str, Any]:
    refusal: dict[str, Any] = {"description": text, "content": _PROBLEM_CONTENT}
    return {**refusal, "headers": _RETRY_AFTER} if status in _COME_BACK else refusal
