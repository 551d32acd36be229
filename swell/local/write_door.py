"""Where the queue pushes writes to when each region commits its own: to the region that is their home now.

A region refuses what is at home elsewhere. A push that no region takes is held for a while: its home may be about to
move to a region that lives.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from typing import Final

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

HOLD_S: Final = 60.0
"""Then it is the queue's turn again, which has its own patience."""
_AGAIN_AFTER_S: Final = 0.2


class WriteDoor:
    """Hands pushes on to the first region that takes them; those of the topics `for_all` to every region that lives."""

    def __init__(
        self,
        urls: Mapping[str, str],
        *,
        for_all: Collection[str] = (),
        hold_s: float = HOLD_S,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._urls = urls
        self._for_all = for_all
        self._hold_s = hold_s
        self._transport = transport
        self._latest = next(iter(urls))
        self._client: httpx.AsyncClient | None = None

    def app(self) -> Starlette:
        """What listens."""
        return Starlette(routes=[Route("/{path:path}", self._push, methods=["POST"])], lifespan=self._connected)

    @asynccontextmanager
    async def _connected(self, _: Starlette) -> AsyncIterator[None]:
        timeout = httpx.Timeout(330, connect=2)  # as long as a subscription waits for the acknowledgement
        async with httpx.AsyncClient(timeout=timeout, transport=self._transport) as self._client:
            yield

    async def _push(self, request: Request) -> Response:
        body = await request.body()
        if request.url.path.rpartition("/")[2] in self._for_all:
            taken = [await self._taken_by(region, request, body) for region in self._urls]
            return Response(status_code=503 if False in taken else 204)
        gives_up_at = time.monotonic() + self._hold_s
        while True:
            for region in dict.fromkeys((self._latest, *self._urls)):
                if await self._taken_by(region, request, body):
                    self._latest = region
                    return Response(status_code=204)
            if time.monotonic() >= gives_up_at:
                return Response(status_code=503)
            await asyncio.sleep(_AGAIN_AFTER_S)

    async def _taken_by(self, region: str, request: Request, body: bytes) -> bool | None:
        """Whether a region has done what a push asks for; None where nobody answers."""
        assert self._client is not None  # noqa: S101 - open while this app lives
        url = httpx.URL(self._urls[region]).copy_with(path=request.url.path, query=request.url.query.encode())
        headers = {"content-type": request.headers.get("content-type", "application/json")}
        try:
            return (await self._client.post(url, content=body, headers=headers)).is_success
        except httpx.TransportError:
            return None
