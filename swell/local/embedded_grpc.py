# ruff: noqa: PLC0415 - gRPC loads after the first answers
"""gRPC beside the HTTP port of `swell up`, on the event loop of each process that serves HTTP."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from swell.local.later import Later
from swell.local.server import LOOPBACK

if TYPE_CHECKING:
    import grpc

    from functions.stream.wiring import Stream

    StartGrpc = Callable[[Stream, str, int], Awaitable[tuple[grpc.aio.Server, int]]]


class EmbeddedGrpc:
    """The gRPC server of stream, and the end of all that stream serves. Workers share the port."""

    def __init__(self, stream: "Later[Stream]", port: int) -> None:
        self._stream = stream
        self._port = port
        self._server: grpc.aio.Server | None = None

    async def start(self) -> None:
        """Serve."""
        stream, start_grpc = await asyncio.to_thread(self._load)
        self._server, _ = await start_grpc(stream, LOOPBACK, self._port)

    async def stop(self) -> None:
        """Tell every stream, and serve no longer."""
        if self._stream.made is not None:
            await self._stream.made.sessions.end()
        if self._server is not None:
            await self._server.stop(1.0)

    def _load(self) -> "tuple[Stream, StartGrpc]":
        from functions.stream.grpc_service import start_grpc

        return self._stream.get(), start_grpc
