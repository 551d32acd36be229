"""The edge of every HTTP function: read and validate a body, answer JSON, turn errors into problem details.

Source: RFC 9457 (problem details for HTTP APIs).
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

import orjson
from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from shared.auth.caller import LOCAL_OWNER
from shared.auth.errors import Forbidden
from shared.auth.scope import PUBLIC_PATHS
from shared.domain.limits import COLLECTION_NAME, MAX_BODY_S, MAX_IDEMPOTENCY_KEY_BYTES, MAX_REQUEST_BYTES
from shared.domain.tenancy import DEFAULT_TENANT
from shared.errors import FieldProblem, InvalidRequest, RequestTooLarge, RequestTooSlow, SwellError, shortened
from shared.metrics import scrape
from shared.request_context import RequestContext, begin_context, context_of
from shared.request_problems import invalid_request
from shared.request_record import RequestRecord, recorded
from shared.shutdown import ShuttingDown, process_shutdown

Middleware = Callable[[ASGIApp], ASGIApp]
"""Puts a layer around an app. Layers raise `SwellError` where they refuse; the function makes it an answer."""

Ready = Callable[[], Mapping[str, Any] | None]
"""Raises why a function cannot serve, or says more of how it can."""


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
        RequestTooSlow: it is not there in time.
        InvalidRequest: it is not JSON, or does not fit `model`; every problem is named.
    """
    body = await _bounded_body(request)
    try:
        return model.model_validate_json(body or b"{}")
    except ValidationError as error:
        raise invalid_request(error) from None


def read_parameters(request: Request, model: type[M]) -> M:
    """The validated query parameters.

    Raises:
        InvalidRequest: one is unknown, given twice, or does not fit `model`; every problem is named.
    """
    names = [name for name, _ in request.query_params.multi_items()]
    if twice := {name for name in names if names.count(name) > 1}:
        raise InvalidRequest(*(FieldProblem(shortened(name), "more than one", "one") for name in sorted(twice)))
    try:
        return model.model_validate(dict(request.query_params))
    except ValidationError as error:
        raise invalid_request(error) from None


def collection_name(request: Request) -> str:
    """The stored name of the collection that the path names.

    What the caller may not see gets the name of something that does not exist.

    Raises:
        InvalidRequest: no collection can have this name.
        Forbidden: it would be created under a name that the key may not use.
    """
    name: str = request.path_params["collection"]
    if not COLLECTION_NAME.fullmatch(name):
        raise InvalidRequest(FieldProblem("collection", shortened(name), f"names matching {COLLECTION_NAME.pattern}"))
    caller = context_of(request.scope).caller
    if request.method == "PUT" and not caller.sees(name):  # says nothing of what exists: it depends on the name alone
        raise Forbidden(f"this key may not name a collection {name!r}")
    return caller.stored_name(name)


def idempotency_key(request: Request) -> str | None:
    """The key under which a client may send a request again without its effect being repeated.

    Raises:
        InvalidRequest: it is empty or too long.
    """
    key = request.headers.get("Idempotency-Key")
    if key is not None and not 0 < len(key.encode()) <= MAX_IDEMPOTENCY_KEY_BYTES:
        limit = f"1 to {MAX_IDEMPOTENCY_KEY_BYTES} bytes"
        raise InvalidRequest(FieldProblem("Idempotency-Key", shortened(key), limit))
    return key


async def _bounded_body(request: Request) -> bytes:
    chunks, size = [], 0
    try:
        async with asyncio.timeout(MAX_BODY_S):
            async for chunk in request.stream():
                size += len(chunk)
                if size > MAX_REQUEST_BYTES:
                    raise RequestTooLarge(
                        FieldProblem("body", f"over {MAX_REQUEST_BYTES} bytes", f"at most {MAX_REQUEST_BYTES} bytes")
                    )
                chunks.append(chunk)
    except TimeoutError:
        raise RequestTooSlow(f"the body was not there within {MAX_BODY_S:g} s") from None
    except ClientDisconnect:  # nobody reads this answer; it only is no failure of ours
        raise InvalidRequest(FieldProblem("body", "cut short", "a whole body")) from None
    return b"".join(chunks)


def problem_document(error: SwellError) -> dict[str, Any]:
    """An error as RFC 9457 words it; `problem_response` is the HTTP answer."""
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
    return document


def problem_response(error: SwellError) -> Response:
    """The RFC 9457 form of an error."""
    return Response(
        orjson.dumps(problem_document(error)), error.status, error.headers, media_type="application/problem+json"
    )


class AppResponse(Response):
    """A whole app as the response of a framework that has only one route."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__()
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the app answer."""
        await self._app(scope, receive, send)


class HttpFunction:
    """An HTTP function as an ASGI app: its routes, `/health`, `/ready`, error answers and one log line a request.

    One layer around a router, in place of Starlette's application with its own: a search takes less than
    a millisecond, and each layer some 20 µs (benchmarks/README.md). `middleware` stands between the two, outermost
    first: `shared.edge` has what every deployed function needs.
    """

    def __init__(
        self,
        name: str,
        routes: Sequence[Route],
        ready: Ready,
        middleware: Sequence[Middleware],
    ) -> None:
        self._name = name
        self._ready = ready
        health = [
            Route("/health", self._answer_health),
            Route("/ready", self._answer_ready),
            Route("/metrics", self._metrics),
        ]
        self._router = Router([*routes, *health], redirect_slashes=False, default=_not_found)
        self._app: ASGIApp = self._router
        for layer in reversed(middleware):
            self._app = layer(self._app)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._other(scope, receive, send)
            return
        context = begin_context(scope)
        scope["app"] = self  # has the router raise a 405 rather than answer it as text
        with recorded(self._name, scope, context) as record:
            await self._answer(scope, receive, send, context, record)

    async def _answer(
        self, scope: Scope, receive: Receive, send: Send, context: RequestContext, record: RequestRecord
    ) -> None:
        async def observed(message: Message) -> None:
            if message["type"] == "http.response.start":
                record.status = message["status"]
                if context.answer_headers:
                    message["headers"] = [*message.get("headers", ()), *context.answer_headers]
            await send(message)

        try:
            await self._served(scope, receive, observed)
        except (SwellError, HTTPException) as error:
            if record.status:
                raise  # too late to say so
            await _problem_of(error)(scope, receive, observed)
        except Exception:
            if not record.status:
                await problem_response(SwellError("an unexpected error; the log has the details"))(
                    scope, receive, observed
                )
            raise

    async def _served(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] in PUBLIC_PATHS:
            await self._app(scope, receive, send)
            return
        with process_shutdown.request():
            await self._app(scope, receive, send)

    async def _other(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A WebSocket passes the same layers; a refusal is an HTTP answer in place of the handshake."""
        if scope["type"] != "websocket":
            await self._router(scope, receive, send)
            return
        begin_context(scope)
        scope["app"] = self
        try:
            await self._app(scope, receive, send)
        except SwellError as error:
            await WebSocket(scope, receive, send).send_denial_response(problem_response(error))

    async def _answer_health(self, _: Request) -> Response:
        return json_response({"status": "ok", "function": self._name})

    def _answer_ready(self, _: Request) -> Response:
        if process_shutdown.is_under_way:
            raise ShuttingDown
        return json_response({"status": "ready", "function": self._name, **(self._ready() or {})})

    def _metrics(self, request: Request) -> Response:
        if context_of(request.scope).caller.tenant != DEFAULT_TENANT:
            raise Forbidden("metrics are the operator's: they count the requests of all tenants")
        text, content_type = scrape()
        return Response(text, media_type=content_type)


def _as_local_owner(app: ASGIApp) -> ASGIApp:
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        context_of(scope).known_caller = LOCAL_OWNER
        await app(scope, receive, send)

    return answer


UNGUARDED: Final[Sequence[Middleware]] = (_as_local_owner,)
"""Everybody may do everything: for tests of what stands behind the edge, never for an entry point."""


async def _not_found(scope: Scope, _: Receive, __: Send) -> None:
    raise HTTPException(404, f"nothing is served at {shortened(scope['path'])}; /openapi.json lists what is")


def _problem_of(error: SwellError | HTTPException) -> Response:
    if isinstance(error, SwellError):
        return problem_response(error)
    code = {404: "not_found", 405: "method_not_allowed"}.get(error.status_code, "http")
    allowed = (error.headers or {}).get("Allow")
    document = {
        "type": f"https://swell.dev/problems/{code}",
        "title": code.replace("_", " "),
        "status": error.status_code,
        "detail": error.detail if allowed is None else f"{error.detail}; allowed here: {allowed}",
    }
    return Response(orjson.dumps(document), error.status_code, error.headers, media_type="application/problem+json")
