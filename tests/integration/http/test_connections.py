"""Connections to the servers of this machine, on real sockets: how many, how slow, and what is no HTTP."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from threading import Thread

import httpx
import orjson
import pytest
import uvicorn

from shared.errors import ConfigurationError
from shared.http import json_response
from swell.local.connections import Limited, connections_at_most, limited
from swell.local.server import LOOPBACK, listen, server_config

REQUEST = b"GET / HTTP/1.1\r\nHost: swell\r\n\r\n"


@contextmanager
def _server(most: int, headers_within_s: float = 30.0) -> Iterator[int]:
    protocol = limited(most, headers_within_s=headers_within_s)
    config = uvicorn.Config(json_response({"served": True}), log_level="critical", lifespan="off", http=protocol)
    server, listener = uvicorn.Server(config), listen(0)
    thread = Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


def _connect(port: int) -> socket.socket:
    return socket.create_connection((LOOPBACK, port), timeout=30)


def _answer(connection: socket.socket) -> bytes:
    """Everything until its end."""
    parts = []
    while part := connection.recv(65536):
        parts.append(part)
    return b"".join(parts)


def _asked(connection: socket.socket) -> bytes:
    """One answer of a connection that stays open."""
    connection.sendall(REQUEST)
    return connection.recv(65536)


def test_a_connection_too_many_is_refused_with_a_problem() -> None:
    """Also one that sends a body of megabytes meanwhile reads its answer; when another ends, there is a place again."""
    with _server(most=2) as port, ExitStack() as stack:
        held = [stack.enter_context(closing(_connect(port))) for _ in range(2)]
        assert [True, True] == [b"200 OK" in _asked(connection) for connection in held]

        with pytest.raises(httpx.HTTPStatusError) as refused:
            httpx.post(f"http://{LOOPBACK}:{port}/", content=bytes(2_000_000), timeout=30).raise_for_status()
        answer = refused.value.response
        held[0].close()
        while True:  # the server hears of it in its own time
            again = httpx.get(f"http://{LOOPBACK}:{port}/", timeout=30)
            if again.status_code == 200:
                break

        assert (503, "1", "close") == (answer.status_code, answer.headers["retry-after"], answer.headers["connection"])
        assert "application/problem+json" == answer.headers["content-type"]
        assert "https://swell.dev/problems/too_many_connections" == answer.json()["type"]
        assert {"served": True} == again.json()


@pytest.mark.parametrize(
    "sent", [b"", b"GET / HTTP/1.1\r\nHost: sw", REQUEST + b"GET / HT"], ids=["no", "half", "next"]
)
def test_who_sends_no_request_does_not_hold_a_place(sent: bytes) -> None:
    """Neither a connection that says nothing, nor one that never ends its headers."""
    with _server(most=1, headers_within_s=0.1) as port, closing(_connect(port)) as connection:
        connection.sendall(sent)

        assert sent.count(b"\r\n\r\n") == _answer(connection).count(b"200 OK")


def test_what_is_no_http_is_told_as_a_problem() -> None:
    """400, and the connection is closed."""
    with _server(most=1) as port, closing(_connect(port)) as connection:
        connection.sendall(b"\x16\x03\x01 hello\r\n\r\n")
        head, _, body = _answer(connection).partition(b"\r\n\r\n")

    assert b" 400 " in head.split(b"\r\n")[0]
    assert "https://swell.dev/problems/invalid_request" == orjson.loads(body)["type"]


def test_the_limit_is_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    """`SWELL_CONNECTIONS_AT_MOST`, of every server here; what is no number is refused by its name."""
    monkeypatch.setenv("SWELL_CONNECTIONS_AT_MOST", "7")
    protocol = server_config(json_response({})).http
    assert isinstance(protocol, type)
    assert issubclass(protocol, Limited)
    assert 7 == protocol.most

    monkeypatch.setenv("SWELL_CONNECTIONS_AT_MOST", "many")
    with pytest.raises(ConfigurationError, match="SWELL_CONNECTIONS_AT_MOST: got 'many'"):
        connections_at_most()
