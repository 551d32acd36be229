# ruff: noqa: PLC0415 - gRPC loads after the first answers
"""gRPC beside the HTTP port of `swell up`, on the event loop of each process that serves HTTP."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final

from swell.local.later import Later
from swell.local.server import LOOPBACK

if TYPE_CHECKING:
    import grpc

    from functions.stream.wiring import Stream

    StartGrpc = Callable[[Stream, str, int], Awaitable[tuple[grpc.aio.Server, int]]]


_START_TAKES_AT_MOST_S: Final = 5.0


class EmbeddedGrpc:
    """The gRPC server of stream, and the end of all that stream serves. Workers share the port."""

    def __init__(self, stream: "Later[Stream]", port: int) -> None:
        self._stream = stream
        self._port = port
        self._server: grpc.aio.Server | None = None
        self._starting: asyncio.Task[None] | None = None
        self._ended = False

    async def start(self) -> None:
        """Serve, unless it has been stopped already."""
        if self._ended:
            return
        self._starting = asyncio.current_task()
        stream, start_grpc = await asyncio.to_thread(self._load)
        self._server, _ = await start_grpc(stream, LOOPBACK, self._port)

    async def stop(self) -> None:
        """Tell every stream, and serve no longer; a start that is under way ends first, so that it leaves nothing."""
        self._ended = True
        if self._starting is not None:
            await asyncio.wait({self._starting}, timeout=_START_TAKES_AT_MOST_S)
        if self._stream.made is not None:
            await self._stream.made.sessions.end()
        if self._server is not None:
            await self._server.stop(1.0)

    def _load(self) -> "tuple[Stream, StartGrpc]":
        from functions.stream.grpc_service import start_grpc

        return self._stream.get(), start_grpc
