"""What becomes of a call that fails: which are made again, and what is raised."""

import httpx
import orjson
import pytest

from swell.client import (
    ApiError,
    ConflictError,
    InvalidRequestError,
    NotFoundError,
    ServerError,
    UnavailableError,
    UnreachableError,
)
from tests.unit.swell.client.recorded_server import Answer, RecordedServer, ok, problem

REFUSED = httpx.ConnectError("Connection refused")
BROKEN = httpx.ReadError("Connection reset by peer")
BUSY = problem(503, "dependency_unavailable", retry_after="0")
NO_COLLECTIONS = ok({"collections": []})


@pytest.mark.parametrize("failure", [REFUSED, BROKEN, BUSY], ids=["refused", "broken", "busy"])
def test_a_read_is_made_again(failure: Answer) -> None:
    """A server that is starting, restarting or busy costs a repeatable call time, not an error."""
    server = RecordedServer(failure, NO_COLLECTIONS)

    assert server.client().collections.list() == []

    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("failure", "tries"), [(REFUSED, 3), (BROKEN, 1), (BUSY, 1)], ids=["refused", "broken", "busy"]
)
def test_deleting_a_collection_is_made_again_only_when_it_never_left(failure: Answer, tries: int) -> None:
    """A second delete would report as missing what the first one deleted."""
    server = RecordedServer(failure)

    with pytest.raises((UnreachableError, UnavailableError)):
        server.client().collections.delete("words")

    assert tries == len(server.requests)


def test_a_503_that_does_not_ask_for_it_is_not_made_again() -> None:
    """Without Retry-After nobody says that trying again can help."""
    server = RecordedServer(problem(503, "unavailable"))

    with pytest.raises(UnavailableError):
        server.client().collections.list()

    assert len(server.requests) == 1


def test_an_answer_that_takes_too_long_says_how_long_was_waited() -> None:
    """The deadline is in the message."""
    server = RecordedServer(httpx.ReadTimeout("timed out"))

    with pytest.raises(UnreachableError, match="did not answer within 30 s"):
        server.client().collections.list()


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (400, "invalid_request", InvalidRequestError),
        (404, "not_found", NotFoundError),
        (409, "conflict", ConflictError),
        (413, "request_too_large", InvalidRequestError),
        (500, "internal", ServerError),
        (503, "commit_pending", UnavailableError),
    ],
)
def test_problem_details_become_typed_errors(status: int, code: str, expected: type[ApiError]) -> None:
    """Type, code, status and words of the problem are all there."""
    server = RecordedServer(problem(status, code))

    with pytest.raises(ApiError) as raised:
        server.client().collections.get("words")

    assert (expected, code, status) == (type(raised.value), raised.value.code, raised.value.status)
    assert f"detail of {code}" == str(raised.value)


def test_the_problems_of_a_request_are_listed() -> None:
    """A caller can find the field, the value and what is allowed without reading prose."""
    server = RecordedServer(
        problem(400, "invalid_request", errors=[{"field": "dimension", "value": "1", "allowed": "2 to 4096"}])
    )

    with pytest.raises(InvalidRequestError) as raised:
        server.client().collections.create("words", dimension=1)

    assert str(raised.value.problems[0]) == "dimension: got 1, allowed: 2 to 4096"


@pytest.mark.parametrize(
    "answer",
    [httpx.Response(502, content=b"<html>Bad Gateway</html>"), httpx.Response(200, content=b"<html>Welcome</html>")],
    ids=["an error page", "a page"],
)
def test_an_answer_that_is_not_swells_is_a_server_error(answer: httpx.Response) -> None:
    """A proxy or another program on the port is not mistaken for Swell."""
    server = RecordedServer(answer)

    with pytest.raises(ServerError, match=r"http://swell\.test"):
        server.client().collections.list()


def test_a_collection_name_cannot_leave_its_place_in_the_path() -> None:
    """Names are quoted: the server gets to refuse them."""
    server = RecordedServer(problem(400, "invalid_request"))

    with pytest.raises(InvalidRequestError):
        server.client().collections.get("../words?x")

    assert server.requests[0].url.raw_path == b"/v1/collections/..%2Fwords%3Fx"


def test_a_new_collection_is_declared_as_given() -> None:
    """Nothing is left to guess: all settings travel."""
    declared = {
        "name": "words",
        "uid": "1",
        "dimension": 50,
        "metric": "cosine",
        "shards": 1,
        "attributes": {"rank": "integer"},
        "created_at": "2026-01-01T00:00:00+00:00",
    }
    server = RecordedServer(ok(declared, 201))

    created = server.client().collections.create("words", dimension=50, attributes={"rank": "integer"})

    sent = {"dimension": 50, "metric": "cosine", "shards": 1, "attributes": {"rank": "integer"}}
    assert sent == orjson.loads(server.requests[0].content)
    assert (created.dimension, created.attributes) == (50, {"rank": "integer"})
