"""Requests over a real connection."""

import socket
import threading
from collections.abc import Iterator

import pytest
from starlette.requests import Request as Received
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from swell.local.server import free_port, serve
from swell.local.workflows.calls.http import ConnectionBroken, ConnectionFailed, Request, ResponseLate
from swell.local.workflows.calls.sending import HttpxSender


@pytest.fixture
def sender() -> Iterator[HttpxSender]:
    """One that shows a token."""
    made = HttpxSender(lambda audience: f"token-for-{audience}")
    yield made
    made.close()


def _request(url: str, *, timeout_s: float = 30, audience: str | None = None) -> Request:
    return Request("POST", url, {"X-A": "b"}, {"q": "1"}, b"body", timeout_s, audience)


async def _echo(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] != "http":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    request = Received(scope, receive)
    body = (await request.body()).decode()
    headers = {name: request.headers.get(name) for name in ("x-a", "authorization")}
    told = {"method": request.method, "query": str(request.query_params), "body": body, **headers}
    await JSONResponse(told, 418)(scope, receive, send)


def test_a_request_arrives_as_it_was_made(sender: HttpxSender) -> None:
    """Method, query, headers, body and token; any code is an answer."""
    with serve(_echo, 0) as url:
        response = sender.send(_request(f"{url}/there", audience="here"))

    assert 418 == response.code
    told = '{"method":"POST","query":"q=1","body":"body","x-a":"b","authorization":"Bearer token-for-here"}'
    assert told == response.body.decode()


def test_nobody_there_is_a_failed_connection(sender: HttpxSender) -> None:
    """Nothing can have been received."""
    with pytest.raises(ConnectionFailed):
        sender.send(_request(f"http://127.0.0.1:{free_port()}/"))


def test_silence_is_a_late_answer(sender: HttpxSender) -> None:
    """A server that accepts and says nothing."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()

        with pytest.raises(ResponseLate):
            sender.send(_request(f"http://127.0.0.1:{silent.getsockname()[1]}/", timeout_s=0.05))


def test_a_connection_that_ends_early_is_broken(sender: HttpxSender) -> None:
    """The request may have been received."""
    with socket.socket() as hasty:
        hasty.bind(("127.0.0.1", 0))
        hasty.listen()
        hasty.settimeout(30)

        def hang_up() -> None:
            connection, _ = hasty.accept()
            connection.recv(1)
            connection.close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        with pytest.raises(ConnectionBroken):
            sender.send(_request(f"http://127.0.0.1:{hasty.getsockname()[1]}/"))
        thread.join()
