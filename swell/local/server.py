"""An ASGI app on a loopback port, in a thread of this process."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import uvicorn
from starlette.types import ASGIApp

from shared.domain.limits import MAX_REQUEST_BYTES
from shared.errors import ConfigurationError
from swell.local.connections import connections_at_most, limited

LOOPBACK = "127.0.0.1"


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def reusable_listener(port: int, *, listening: bool) -> socket.socket:
    """A loopback socket that several processes may bind to one port; port 0 takes a free one.

    Raises:
        ConfigurationError: a program that does not share listens there.
    """
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # or connections that linger block a restart
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    return _bound(listener, port, listening=listening)


def refuse_taken(port: int) -> None:
    """Make sure that nobody listens there, also no Swell whose workers share the port.

    The kernel would give each of the two some of the connections, and callers now the one, now the other.

    Raises:
        ConfigurationError: somebody does.
    """
    listen(port).close()


def listen(port: int) -> socket.socket:
    """A listening socket on loopback; port 0 takes a free one.

    Raises:
        ConfigurationError: another program listens there.
    """
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return _bound(listener, port, listening=True)


def _bound(listener: socket.socket, port: int, *, listening: bool) -> socket.socket:
    try:
        listener.bind((LOOPBACK, port))
    except OSError as error:
        listener.close()
        reason = f"port {port} is taken ({error.strerror}); give another with --port"
        raise ConfigurationError(reason) from None
    if listening:
        listener.listen(1024)
    return listener


def server_config(app: ASGIApp) -> uvicorn.Config:
    """How every local server runs."""
    return uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        lifespan="on",
        timeout_graceful_shutdown=5,
        server_header=False,
        proxy_headers=False,  # a caller is who it is, not who its headers say
        http=limited(connections_at_most()),
        ws="wsproto",
        ws_max_size=MAX_REQUEST_BYTES,
    )


class LocalServer(uvicorn.Server):
    """Has the app's `stop` come first, where it has one: streams are told before their connections are closed."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(server_config(app))
        self._stop = getattr(app, "stop", None)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End every connection."""
        if self._stop is not None:
            await self._stop()
        await super().shutdown(sockets)


@contextmanager
def serve(app: ASGIApp, port: int) -> Iterator[str]:
    """Serve until the block ends; the value is the URL."""
    listener = listen(port)
    server = LocalServer(app)
    thread = Thread(target=server.run, kwargs={"sockets": [listener]}, name="swell-http")
    thread.start()
    try:
        yield f"http://{LOOPBACK}:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listener.close()
