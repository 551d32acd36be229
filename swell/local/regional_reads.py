"""Reads over several regions, as a global load balancer spreads them: routed by the plan, tried again where one fails.

Every route behind it only reads, so a request that a region did not answer is sent to the next: a client sees an
error only when no region answers.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from random import random
from typing import Any, Final

import httpx
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from shared.auth.errors import Unauthenticated
from shared.auth.loopback import made_on_this_machine
from shared.errors import DependencyUnavailable, FieldProblem, InvalidRequest, shortened
from shared.http import json_response, problem_response
from swell.local.region_watch import RegionWatch
from swell.local.upstream import HOP_BY_HOP, handed_on, target, whole_body

CLIENT_REGION: Final = "x-swell-client-region"
"""The region that the client is nearest to; a load balancer knows it from the address."""
REGION_MAP: Final = "/map"
_ELSEWHERE: Final = frozenset({500, 502, 503, 504})
"""Answers of a region that cannot serve this, as its copy is damaged, or not now; another may."""
_EVENT_STREAM: Final = "text/event-stream"


class RegionalReads:
    """An ASGI app over the query functions of all regions."""

    def __init__(
        self,
        watch: RegionWatch,
        urls: Mapping[str, str],
        *,
        default_origin: str,
        region_map: Callable[[], Any],
        more: Callable[[str], Sequence[str]] = lambda _: (),
        draw: Callable[[], float] = random,
    ) -> None:
        """`more`: further addresses of a region, as its fleet grows; they take turns with its own."""
        self._watch = watch
        self._urls = urls
        self._default_origin = default_origin
        self._region_map = region_map
        self._more = more
        self._turn = count()
        self._draw = draw
        self._client: httpx.AsyncClient | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        if request.url.path == REGION_MAP and request.method == "GET":
            response = await self._map(request)
        else:
            try:
                response = await self._read(request, self._origin(request))
            except InvalidRequest as error:
                response = problem_response(error)
        await response(scope, receive, send)

    async def close(self) -> None:
        """Close the connections, on the event loop that opened them."""
        if self._client is not None:
            await self._client.aclose()

    async def _map(self, request: Request) -> Response:
        """For programs of this machine: it names processes and ports."""
        if not made_on_this_machine(request.scope, dict(request.scope["headers"])):
            return problem_response(Unauthenticated(key_given=False))
        return json_response(await run_in_threadpool(self._region_map))

    def _origin(self, request: Request) -> str:
        origin = request.headers.get(CLIENT_REGION, self._default_origin)
        if origin not in self._urls:
            raise InvalidRequest(FieldProblem(CLIENT_REGION, shortened(origin), ", ".join(self._urls)))
        return origin

    async def _read(self, request: Request, origin: str) -> Response:
        body = await whole_body(request)
        refusal: Response | None = None
        for region in self._watch.order(origin, self._draw()):
            started = time.monotonic()
            try:
                answer = await self._send(request, body, region)
            except httpx.TransportError as error:
                self._count(origin, region, started, failed=True)
                if isinstance(error, httpx.TimeoutException):
                    self._watch.missed(region)
                else:
                    self._watch.refused(region)
                continue
            unable = answer.status_code in _ELSEWHERE
            self._count(origin, region, started, failed=answer.status_code >= 500)
            if not unable:
                return answer
            refusal = answer
        return refusal or problem_response(DependencyUnavailable("no region answers"))

    def _count(self, origin: str, region: str, started: float, *, failed: bool) -> None:
        self._watch.answered(origin, region, time.monotonic() - started, failed=failed)

    def _url_of(self, region: str) -> str:
        urls = (self._urls[region], *self._more(region))
        return urls[next(self._turn) % len(urls)]

    async def _send(self, request: Request, body: bytes, region: str) -> Response:
        """The whole answer of one region, so that none breaks off in the middle; a stream of events as it comes."""
        if self._client is None:
            self._client = httpx.AsyncClient(timeout=httpx.Timeout(90, connect=2))
        outgoing = self._client.build_request(
            request.method,
            httpx.URL(self._url_of(region) + target(request)),
            headers=handed_on(request),
            content=body,
        )
        answer = await self._client.send(outgoing, stream=True)
        headers = {name: value for name, value in answer.headers.items() if name not in {*HOP_BY_HOP, "date"}}
        if answer.headers.get("content-type", "").startswith(_EVENT_STREAM):
            return StreamingResponse(
                answer.aiter_raw(), answer.status_code, headers, background=BackgroundTask(answer.aclose)
            )
        try:
            content = b"".join([chunk async for chunk in answer.aiter_raw()])
        finally:
            await answer.aclose()
        return Response(content, answer.status_code, headers)
