"""The server of stream: WebSockets, HTTP/1.1 and HTTP/2 without TLS on one port."""

import asyncio
import signal

from hypercorn.asyncio import serve
from hypercorn.config import Config
from hypercorn.typing import ASGIFramework

from functions.stream.grpc_service import start_grpc
from functions.stream.settings import StreamSettings
from functions.stream.wiring import Stream, build
from shared.adapters.opening import open_adapters
from shared.domain.limits import MAX_REQUEST_BYTES
from shared.edge import edge
from shared.shutdown import process_shutdown
from shared.telemetry import log

_GRACE_S = 1.0
"""What is left for the server once all streams were told; a second of Cloud Run's ten."""


def run() -> None:
    """Serve until SIGTERM, as the environment says."""
    settings = StreamSettings()
    adapters = open_adapters(settings)
    asyncio.run(_serve(build(adapters, settings, edge(adapters, settings)), settings))


async def _serve(stream: Stream, settings: StreamSettings) -> None:
    asked, may_end = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, asked.set)

    async def end_in_order() -> None:
        await asked.wait()
        await process_shutdown.run()
        await stream.sessions.close()
        may_end.set()

    ending = asyncio.create_task(end_in_order())
    grpc_server = None
    if settings.grpc_port is not None:
        grpc_server, _ = await start_grpc(stream, settings.host, settings.grpc_port)
    log("INFO", "stream serves", host=settings.host, port=settings.port)
    app: ASGIFramework = stream  # type: ignore[assignment]
    await serve(app, server_config(settings), shutdown_trigger=may_end.wait)
    if grpc_server is not None:
        await grpc_server.stop(_GRACE_S)
    ending.cancel()


def server_config(settings: StreamSettings) -> Config:
    """How the server runs."""
    config = Config()
    config.bind = [f"{settings.host}:{settings.port}"]
    config.graceful_timeout = _GRACE_S
    config.include_server_header = False
    config.websocket_max_message_size = MAX_REQUEST_BYTES
    config.accesslog = None
    config.errorlog = None
    return config
