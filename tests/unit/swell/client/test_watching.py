"""Following a standing query across broken connections."""

from itertools import islice
from typing import Any

import httpx
import orjson
import pytest

from swell.client import NotFoundError, UnreachableError
from swell.client.retries import NO_RETRIES
from swell.client.transport import Transport
from swell.client.watching import watch
from tests.unit.swell.client.recorded_server import RecordedServer, problem


def _stream(*frames: dict[str, Any]) -> httpx.Response:
    text = b"".join(b"event: %s\ndata: %s\n\n" % (frame["type"].encode(), orjson.dumps(frame)) for frame in frames)
    return httpx.Response(200, content=text, headers={"Content-Type": "text/event-stream"})


def _answer(kind: str, token: str, *ids: str) -> dict[str, Any]:
    return {
        "type": kind,
        "matches": [{"id": name, "score": 1.0} for name in ids],
        "version": token.partition("/")[0],
        "token": token,
    }


def _watch(server: RecordedServer, pauses: list[float]) -> Any:
    transport = Transport("http://swell.test", 5, NO_RETRIES, httpx.MockTransport(server))
    return watch(transport, {"collection": "c", "vector": [1]}, sleep=pauses.append)


def test_a_stream_that_ends_is_taken_up_from_its_last_token() -> None:
    """What is unchanged is not told again; a refusal that can pass is waited out."""
    server = RecordedServer(
        _stream(_answer("answer", "0:1/a", "x"), {"type": "heartbeat"}, {"type": "shutdown", "retry_after_s": 1}),
        problem(503, "streams_held"),
        _stream({"type": "unchanged", "token": "0:2/a", "version": "0:2"}),
        _stream(_answer("update", "0:3/b", "y", "x")),
    )
    pauses: list[float] = []

    answers = list(islice(_watch(server, pauses), 2))

    assert [["x"], ["y", "x"]] == [answer.ids for answer in answers]
    assert [None, "0:1/a", "0:1/a", "0:2/a"] == [body.get("after") for body in server.bodies()]
    assert 3 == len(pauses)
    assert 0 < min(pauses)


def test_what_cannot_succeed_is_raised() -> None:
    """An error inside the stream, and a server that was never there."""
    missing = {"type": "error", "problem": {"title": "not found", "status": 404, "type": "x/not_found", "detail": "no"}}

    with pytest.raises(NotFoundError, match="no"):
        next(_watch(RecordedServer(_stream(missing)), []))
    with pytest.raises(UnreachableError):
        next(_watch(RecordedServer(httpx.ConnectError("refused")), []))
