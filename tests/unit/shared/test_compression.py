"""Compression of bodies, both ways."""

import gzip
from collections.abc import Iterator

import brotli
import orjson
import pytest
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from shared.compression import Compression, preferred
from shared.http import UNGUARDED, HttpFunction, Middleware, json_response

_BIG = {"text": "all work and no play " * 500}


async def _echo(request: Request) -> Response:
    return json_response({"length": len(await request.body()), **_BIG})


async def _small(_: Request) -> Response:
    return json_response({"a": 1})


async def _events(_: Request) -> Response:
    return StreamingResponse((b"data: x\n\n" * 500 for _ in range(3)), media_type="text/event-stream")


async def _encoded(_: Request) -> Response:
    body = gzip.compress(orjson.dumps(_BIG) * 100)
    return Response(body, headers={"Content-Encoding": "gzip"}, media_type="application/json")


@pytest.fixture
def client() -> TestClient:
    """A function whose bodies are compressed."""
    routes = [
        Route("/big", _echo, methods=["POST"]),
        Route("/small", _small),
        Route("/events", _events),
        Route("/encoded", _encoded),
    ]
    middleware: list[Middleware] = [Compression, *UNGUARDED]
    return TestClient(HttpFunction("test", routes, ready=lambda: None, middleware=middleware))


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("", None),
        ("identity", None),
        ("gzip", "gzip"),
        ("gzip, deflate, br", "br"),
        ("br;q=0.5, gzip", "gzip"),
        ("gzip;q=0", None),
        ("*", "br"),
        ("*;q=0.5, br;q=0", "gzip"),
        ("gzip;q=nonsense", None),
    ],
)
def test_the_client_says_what_it_takes(accepted: str, encoding: str | None) -> None:
    """With weights, as RFC 9110 has them."""
    assert encoding == preferred(accepted)


@pytest.mark.parametrize("encoding", ["gzip", "br"])
def test_a_large_answer_is_compressed(client: TestClient, encoding: str) -> None:
    """Caches are told what it depends on."""
    answer = client.post("/big", headers={"Accept-Encoding": encoding})

    assert (encoding, "Accept-Encoding") == (answer.headers["content-encoding"], answer.headers["vary"])
    assert int(answer.headers["content-length"]) < 1000
    assert _BIG["text"] == answer.json()["text"]


@pytest.mark.parametrize("path", ["/small", "/events"])
def test_what_is_small_or_streams_is_left_as_it_is(client: TestClient, path: str) -> None:
    """No event waits for a compressor."""
    answer = client.get(path, headers={"Accept-Encoding": "gzip, br"})

    assert (200, False) == (answer.status_code, "content-encoding" in answer.headers)


def test_what_is_encoded_already_is_not_encoded_again(client: TestClient) -> None:
    """The client decodes once."""
    answer = client.get("/encoded", headers={"Accept-Encoding": "gzip, br"})

    assert "gzip" == answer.headers["content-encoding"]
    assert answer.text.startswith('{"text"')


@pytest.mark.parametrize(
    ("encoding", "body"),
    [("gzip", gzip.compress(b"x" * 5000)), ("br", brotli.compress(b"x" * 5000))],
    ids=["gzip", "br"],
)
def test_a_request_may_be_compressed(client: TestClient, encoding: str, body: bytes) -> None:
    """The function sees it as it was."""
    answer = client.post("/big", content=body, headers={"Content-Encoding": encoding})

    assert 5000 == answer.json()["length"]


@pytest.mark.parametrize(
    ("encoding", "body", "status"),
    [
        ("gzip", gzip.compress(b"\0" * 9_000_000), 413),
        ("br", brotli.compress(b"\0" * 9_000_000), 413),
        ("gzip", b"no gzip", 400),
        ("br", b"no brotli at all", 400),
        ("gzip", gzip.compress(b"x" * 5000)[:-10], 400),
        ("deflate", b"", 415),
    ],
    ids=["bomb", "brotli bomb", "no gzip", "no brotli", "cut short", "unknown"],
)
def test_a_body_that_is_too_large_or_damaged_is_refused(
    client: TestClient, encoding: str, body: bytes, status: int
) -> None:
    """A few kilobytes never become more memory than a request may take."""
    answer = client.post("/big", content=body, headers={"Content-Encoding": encoding})

    assert (status, "application/problem+json") == (answer.status_code, answer.headers["content-type"])


@pytest.mark.parametrize("encoding", ["gzip", "br"])
def test_nothing_comes_after_the_end_of_a_body(client: TestClient, encoding: str) -> None:
    """What followed was kept, and copied for every piece: some megabytes of it blocked an instance."""
    whole = gzip.compress(b"{}") if encoding == "gzip" else brotli.compress(b"{}")

    def pieces() -> Iterator[bytes]:
        yield whole
        for _ in range(1000):
            yield b"x" * 1000

    for content in (pieces(), whole + b"x"):
        answer = client.post("/big", content=content, headers={"Content-Encoding": encoding})
        assert (400, "damaged") == (answer.status_code, answer.json()["errors"][0]["value"])


def test_a_body_has_a_limit_as_it_comes_too(client: TestClient) -> None:
    """What decodes to nothing is work all the same."""
    nothing = b"\x00\x00\x00\xff\xff" * 200_000  # empty blocks, as many as one likes
    start = gzip.compress(b"", 0)[:10]

    answer = client.post("/big", content=iter([start, *[nothing] * 10]), headers={"Content-Encoding": "gzip"})

    assert 413 == answer.status_code
