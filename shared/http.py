"""The edge of every HTTP function: read and validate a body, answer JSON, turn errors into problem details.

Source: RFC 9457 (problem details for HTTP APIs).
"""

import re
import time
from collections.abc import Callable
from typing import Any, Final, TypeVar

import orjson
from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.domain.limits import COLLECTION_NAME, MAX_REQUEST_BYTES
from shared.errors import FieldProblem, InvalidRequest, RequestTooLarge, SwellError, TransientError, shortened
from shared.telemetry import log
from shared.vectors import BASE64, NUMBERS

RETRY_AFTER_S: Final = 1
_PREAMBLE: Final = re.compile(r"^(Input|Value|String|List|Dictionary) should (be |have )")


class RequestModel(BaseModel):
    """A request body: unknown fields are refused, so that a misspelt option is never silently ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


M = TypeVar("M", bound=RequestModel)


def json_response(content: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A JSON answer."""
    return Response(orjson.dumps(content), status, headers, media_type="application/json")


async def read_body(request: Request, model: type[M]) -> M:
    """The validated body.

    Raises:
        RequestTooLarge: the body passes `MAX_REQUEST_BYTES`.
        InvalidRequest: it is not JSON, or does not fit `model`; every problem is named.
    """
    body = await _bounded_body(request)
    try:
        return model.model_validate_json(body or b"{}")
    except ValidationError as error:
        raise InvalidRequest(*_problems(error)) from None


def collection_name(request: Request) -> str:
    """The collection that the path names.

    Raises:
        InvalidRequest: no collection can have this name.
    """
    name: str = request.path_params["collection"]
    if not COLLECTION_NAME.fullmatch(name):
        raise InvalidRequest(FieldProblem("collection", shortened(name), f"names matching {COLLECTION_NAME.pattern}"))
    return name


async def _bounded_body(request: Request) -> bytes:
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > MAX_REQUEST_BYTES:
            raise RequestTooLarge(
                FieldProblem("body", f"over {MAX_REQUEST_BYTES} bytes", f"at most {MAX_REQUEST_BYTES} bytes")
            )
        chunks.append(chunk)
    return b"".join(chunks)


def _problems(error: ValidationError) -> list[FieldProblem]:
    return [
        FieldProblem(
            field=_field(problem["loc"]),
            value="nothing" if problem["type"] == "missing" else shortened(problem["input"]),
            allowed=_allowed(problem),
        )
        for problem in error.errors(include_url=False)[:20]
    ]


def _field(location: tuple[int | str, ...]) -> str:
    named = [part for part in location if part not in (NUMBERS, BASE64)]
    parts = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in named)
    return parts.lstrip(".") or "body"


def _allowed(problem: Any) -> str:
    bound = problem.get("ctx", {})
    match problem["type"]:
        case "missing":
            return "a value (the field is required)"
        case "extra_forbidden":
            return "no such field"
        case "json_invalid":
            return f"JSON ({bound.get('error')})"
        case "value_error":
            return str(bound["error"])
        case _:
            return _PREAMBLE.sub("", str(problem["msg"]))


def problem_response(error: SwellError) -> Response:
    """The RFC 9457 form of an error."""
    document: dict[str, Any] = {
        "type": f"https://swell.dev/problems/{error.code}",
        "title": error.code.replace("_", " "),
        "status": error.status,
        "detail": str(error),
    }
    if isinstance(error, InvalidRequest):
        document["errors"] = [
            {"field": problem.field, "value": problem.value, "allowed": problem.allowed} for problem in error.problems
        ]
    headers = {"Retry-After": str(RETRY_AFTER_S)} if isinstance(error, TransientError) else None
    return Response(orjson.dumps(document), error.status, headers, media_type="application/problem+json")


async def _answer_swell_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, SwellError)  # noqa: S101 - registered for this class
    return problem_response(error)


async def _answer_http_exception(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class
    names = {404: "not_found", 405: "method_not_allowed"}
    document = {
        "type": f"https://swell.dev/problems/{names.get(error.status_code, 'http')}",
        "title": error.detail,
        "status": error.status_code,
        "detail": error.detail,
    }
    return Response(orjson.dumps(document), error.status_code, error.headers, media_type="application/problem+json")


async def _answer_defect(_: Request, __: Exception) -> Response:
    return problem_response(SwellError("an unexpected error; the log has the details"))


class AppResponse(Response):
    """A whole app as the response of a framework that has only one route."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__()
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the app answer."""
        await self._app(scope, receive, send)


def http_function(name: str, routes: list[Route], ready: Callable[[], None]) -> ASGIApp:
    """An HTTP function: its routes, `/healthz`, `/readyz`, error answers and one log line a request.

    `ready` raises the reason why the function cannot serve.
    """

    async def healthz(_: Request) -> Response:
        return json_response({"status": "ok", "function": name})

    def readyz(_: Request) -> Response:
        ready()
        return json_response({"status": "ready", "function": name})

    app = Starlette(
        routes=[Route("/healthz", healthz), Route("/readyz", readyz), *routes],
        exception_handlers={
            SwellError: _answer_swell_error,
            HTTPException: _answer_http_exception,
            Exception: _answer_defect,
        },
    )
    return _RequestLog(name, app)


class _RequestLog:
    """One canonical line a request."""

    def __init__(self, function: str, app: ASGIApp) -> None:
        self._function = function
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in ("/healthz", "/readyz"):
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 500

        async def observed(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, observed)
        finally:
            log(
                "ERROR" if status >= 500 and status != 503 else "INFO",
                "request",
                function=self._function,
                method=scope["method"],
                path=scope["path"],
                status=status,
                duration_ms=round((time.perf_counter() - started) * 1000, 2),
            )
