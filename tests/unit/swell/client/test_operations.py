"""Imports and exports through the client: what is sent, what comes back, how it ends."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from swell.client import ApiError, NotFoundError, Operation, OperationFailedError
from swell.client import operations as module
from tests.unit.swell.client.recorded_server import RecordedServer, ok, problem


def shown(state: str, rows_done: int = 0, **fields: Any) -> httpx.Response:
    """An operation as the server shows it, with a field that this client does not know."""
    progress = {
        "rows_done": rows_done,
        "rows_total": 10,
        "bytes_done": 0,
        "bytes_total": None,
        "rows_per_s": None,
        "eta_s": None,
        "phase": "new",
    }
    document = {"operation": "op", "kind": "import", "collection": "c", "state": state, "uri": "file:x", "later": 1}
    return ok({**document, "progress": progress, "result": None, "error": None, **fields}, 202)


def test_an_import_says_what_was_named_and_nothing_else() -> None:
    """What is left out is the server's to decide; a lost answer is asked for again under the same key."""
    server = RecordedServer(httpx.ReadError("lost"), shown("running"))

    operation = server.client().collection("c").import_file("gs://b/x.npz", vector_field="emb", attribute_fields=("a",))

    assert ("op", "running", False) == (operation.id, operation.state, operation.is_over)
    assert [{"uri": "gs://b/x.npz", "vector_field": "emb", "attribute_fields": ["a"]}] * 2 == server.bodies()
    assert 1 == len({request.headers["Idempotency-Key"] for request in server.requests})


def test_an_export_may_leave_the_place_to_the_server() -> None:
    """With no place named, none is sent."""
    server = RecordedServer(shown("running", kind="export"))

    server.client().collection("c").export_file()

    assert ("/v1/collections/c/export", [{}]) == (server.requests[0].url.path, server.bodies())


def test_waiting_tells_of_every_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """Until it is done."""
    monkeypatch.setattr("swell.client.operations.time.sleep", lambda _: None)
    server = RecordedServer(shown("running", 3), shown("running", 7), shown("done", 10, result={"rows": 10}))
    seen: list[int] = []

    done = server.client().operations.wait("op", lambda operation: seen.append(operation.progress.rows_done))

    assert ([3, 7, 10], {"rows": 10}) == (seen, done.result)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (
            shown("failed", error={"code": "x", "detail": "x.npy, row 3: bad", "problems": []}),
            "x.npy, row 3",
        ),
        (shown("cancelled"), "it was cancelled"),
    ],
    ids=["failed", "cancelled"],
)
def test_an_operation_that_is_not_done_raises_with_the_reason(answer: httpx.Response, said: str) -> None:
    """And carries the operation, which says how far it came."""
    with pytest.raises(OperationFailedError, match=said) as failure:
        RecordedServer(answer).client().operations.wait("op")

    assert isinstance(failure.value.operation, Operation)


def test_an_operation_of_another_server_is_not_found() -> None:
    """By its id, with whatever it is made of."""
    server = RecordedServer(problem(404, "not_found"))

    with pytest.raises(NotFoundError):
        server.client().operations.cancel("a/b")
    assert "/v1/operations/a%2Fb/cancel" == server.requests[0].url.raw_path.decode()


CONTENT = bytes(range(256)) * 10


def ranged(request: httpx.Request) -> httpx.Response:
    """The part of `CONTENT` that is asked for."""
    start, end = map(int, request.headers["Range"].removeprefix("bytes=").split("-"))
    headers = {"Content-Range": f"bytes {start}-{end}/{len(CONTENT)}"}
    return httpx.Response(206, content=CONTENT[start : end + 1], headers=headers)


def test_a_file_arrives_in_ranges(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ranges that break off are asked for again; the name appears when all is there."""
    monkeypatch.setattr(module, "_RANGE_BYTES", 1000)
    server = RecordedServer(ranged, ranged, httpx.ReadError("broke"), ranged)
    target, told = tmp_path / "out.parquet", list[int]()

    size_bytes = server.client().operations.download("op", target, told.append)

    assert CONTENT == target.read_bytes()
    assert (len(CONTENT), [1000, 1000, 560]) == (size_bytes, told)
    assert [target] == list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "answers",
    [
        [httpx.Response(200, content=CONTENT)],
        [ranged, httpx.Response(206, content=b"x", headers={"Content-Range": "bytes 0-9/10"})],
        [ranged, problem(409, "conflict")],
    ],
    ids=["no ranges", "cut short", "refused"],
)
def test_a_file_that_does_not_arrive_leaves_nothing(tmp_path: Path, answers: list[Any]) -> None:
    """Neither a part of it nor an empty file, and what stood there before stays."""
    target = tmp_path / "out.parquet"
    target.write_bytes(b"before")

    with pytest.raises(ApiError):
        RecordedServer(*answers).client().operations.download("op", target)

    assert [target] == list(tmp_path.iterdir())
    assert b"before" == target.read_bytes()


def test_an_upsert_may_bring_its_own_key() -> None:
    """So that another process can repeat it; each request of it has its own part of the key."""
    server = RecordedServer(ok({"accepted": 1000}))
    ids = [str(number) for number in range(1500)]

    server.client().collection("c").upsert(ids, [[1.0, 2.0]] * 1500, idempotency_key="mine")

    assert ["mine:0", "mine:1000"] == [request.headers["Idempotency-Key"] for request in server.requests]
