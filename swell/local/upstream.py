"""A function in another process, as an ASGI app."""

from collections.abc import Callable, Sequence
from itertools import count

import httpx
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from shared.auth.loopback import is_loopback
from shared.domain.limits import MAX_REQUEST_BYTES
from shared.errors import FieldProblem, RequestTooLarge
from shared.http import json_response, problem_response
from swell.local.websocket_upstream import forward_websocket

HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "host"}


def handed_on(request: Request) -> list[tuple[str, str]]:
    """The headers that go on to a function."""
    headers = [(name, value) for name, value in request.headers.items() if name not in HOP_BY_HOP]
    if not is_loopback(request.url.hostname or ""):  # the name of another site, which a page had rebound to here
        headers.append(("x-forwarded-host", request.headers.get("host", "")))
    if "accept-encoding" not in request.headers:  # or our own client would ask for what its caller cannot read
        headers.append(("accept-encoding", "identity"))
    return headers


def target(request: Request) -> str:
    """Path and query as they were sent: what is encoded in them stays so."""
    path: bytes = request.scope.get("raw_path") or request.url.path.encode()
    query = request.scope.get("query_string", b"")
    return (path + (b"?" + query if query else b"")).decode("latin-1")


async def whole_body(request: Request) -> bytes:
    """The body, which is held here before anybody has looked at its key.

    Raises:
        RequestTooLarge: it passes `MAX_REQUEST_BYTES`.
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_REQUEST_BYTES:
            limit = f"at most {MAX_REQUEST_BYTES} bytes"
            raise RequestTooLarge(FieldProblem("body", f"over {MAX_REQUEST_BYTES} bytes", limit))
    return bytes(body)


class Upstream:
    """Forwards requests to a URL, in turn to it and to what `more` names: processes that only read, and come and go."""

    def __init__(self, url: str, more: Callable[[], Sequence[str]] = tuple) -> None:
        self._url = url
        self._more = more
        self._turn = count()
        self._client: httpx.AsyncClient | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Forward one request and stream its answer back, or a WebSocket both ways."""
        if scope["type"] == "websocket":
            await forward_websocket(self._url, scope, receive, send)
            return
        if self._client is None:
            self._client = httpx.AsyncClient(timeout=90)
        request = Request(scope, receive)
        try:
            body = await whole_body(request)
        except RequestTooLarge as error:
            await problem_response(error)(scope, receive, send)
            return
        response = await self._answer(self._client, request, body)
        await response(scope, receive, send)

    async def close(self) -> None:
        """Close the connections, on the event loop that opened them."""
        if self._client is not None:
            await self._client.aclose()

    async def _answer(self, client: httpx.AsyncClient, request: Request, body: bytes) -> Response:
        """Of the process whose turn it is; where it has gone meanwhile, of the one that stays."""
        urls = (self._url, *self._more())
        turn = urls[next(self._turn) % len(urls)]
        for url in dict.fromkeys((turn, self._url)):
            outgoing = client.build_request(
                request.method, httpx.URL(url + target(request)), headers=handed_on(request), content=body
            )
            try:
                answer = await client.send(outgoing, stream=True)
                break
            except httpx.TransportError as error:
                failure = repr(error)
        else:
            return json_response({"title": "function unreachable", "status": 502, "detail": failure}, 502)
        headers = {name: value for name, value in answer.headers.items() if name not in HOP_BY_HOP}
        return StreamingResponse(
            answer.aiter_raw(), answer.status_code, headers, background=BackgroundTask(answer.aclose)
        )
