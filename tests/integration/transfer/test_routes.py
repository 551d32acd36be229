"""Imports and exports over HTTP."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from starlette.testclient import TestClient

from functions.ingest.wiring import build as build_ingest
from shared.bulk.choice import Choice
from shared.errors import PermanentError
from tests.builders.transfers import Bulk
from tests.unit.shared.bulk.files import rows_of, write_jsonl, write_npy


@pytest.fixture
def http(bulk: Bulk) -> Iterator[TestClient]:
    """Ingest on the adapters of the test."""
    with TestClient(build_ingest(bulk.adapters)) as client:
        yield client


def test_an_import_and_an_export_are_operations(bulk: Bulk, http: TestClient) -> None:
    """Accepted with 202 and a place to look, shown while they run, fetched when they are done."""
    rows = rows_of(25, 2)
    write_jsonl(bulk.files / "words.jsonl", rows)
    bulk.declare()

    imported = http.post("/v1/collections/c/import", json={"uri": "file:words.jsonl"})
    running = http.get(imported.headers["Location"]).json()
    bulk.run()
    done = http.get(imported.headers["Location"]).json()
    exported = http.post("/v1/collections/c/export", json={})
    early = http.get(f"{exported.headers['Location']}/file")
    bulk.run()
    file = http.get(f"{exported.headers['Location']}/file")

    assert (202, "import", "c", "running") == (
        imported.status_code,
        *(running[name] for name in ("kind", "collection", "state")),
    )
    assert ("done", 25, None) == (done["state"], done["progress"]["rows_done"], done["error"])
    assert {"rows": 25, "version": done["result"]["version"]} == done["result"]
    assert (202, 409) == (exported.status_code, early.status_code)
    assert sorted(rows.ids) == sorted(pq.read_table(io.BytesIO(file.content)).column("id").to_pylist())


def test_a_file_is_fetched_in_ranges(bulk: Bulk, http: TestClient) -> None:
    """So that a fetch goes on where it broke off, and no answer is longer than the platform lets one be."""
    bulk.declare()
    operation = http.post("/v1/collections/c/export", json={}).headers["Location"]
    bulk.run()

    whole = http.get(f"{operation}/file")
    start = http.get(f"{operation}/file", headers={"Range": "bytes=0-9"})
    rest = http.get(f"{operation}/file", headers={"Range": "bytes=10-"})
    beyond = http.get(f"{operation}/file", headers={"Range": f"bytes={len(whole.content)}-"})
    odd = http.get(f"{operation}/file", headers={"Range": "rows=1-2"})

    size = len(whole.content)
    assert (200, 206, 206) == (whole.status_code, start.status_code, rest.status_code)
    assert whole.content == start.content + rest.content
    assert f"bytes 0-9/{size}" == start.headers["Content-Range"]
    assert whole.headers["ETag"] == rest.headers["ETag"]
    assert [400, 400] == [beyond.status_code, odd.status_code]


def test_a_file_that_was_fetched_can_be_removed(bulk: Bulk, http: TestClient) -> None:
    """One that Swell keeps; one in a place that its user named is left alone."""
    bulk.declare()
    kept = http.post("/v1/collections/c/export", json={}).headers["Location"]
    named = http.post("/v1/collections/c/export", json={"uri": "file:mine.parquet"}).headers["Location"]
    early = http.delete(f"{kept}/file")
    bulk.run()

    removed = [http.delete(f"{kept}/file") for _ in range(2)]
    refused = http.delete(f"{named}/file")

    statuses = (early.status_code, [answer.status_code for answer in removed], refused.status_code)
    assert (409, [204, 204], 409) == statuses
    assert [404, 200] == [http.get(f"{operation}/file").status_code for operation in (kept, named)]


def test_the_same_key_is_the_same_operation(bulk: Bulk, http: TestClient) -> None:
    """And another request under it a conflict."""
    write_npy(bulk.files / "words.npy", rows_of(5, 2))
    bulk.declare()
    headers = {"Idempotency-Key": "once"}

    answers = [http.post("/v1/collections/c/import", json={"uri": "file:words.npy"}, headers=headers) for _ in range(2)]
    other = http.post("/v1/collections/c/import", json={"uri": "file:words.npy", "format": "npz"}, headers=headers)

    assert answers[0].headers["Location"] == answers[1].headers["Location"]
    assert 409 == other.status_code


def test_a_running_import_can_be_cancelled(bulk: Bulk, http: TestClient) -> None:
    """It says so at once, and ends at its next step."""
    write_npy(bulk.files / "words.npy", rows_of(5, 2))
    bulk.declare()
    operation = http.post("/v1/collections/c/import", json={"uri": "file:words.npy"}).headers["Location"]

    cancelling = http.post(f"{operation}/cancel")
    bulk.run()

    assert (202, "cancelling") == (cancelling.status_code, cancelling.json()["state"])
    assert "cancelled" == http.get(operation).json()["state"]


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        ("/v1/collections/nowhere/import", {"uri": "file:words.npy"}, (404, None)),
        ("/v1/collections/c/import", {}, (400, "uri")),
        ("/v1/collections/c/import", {"uri": ""}, (400, "uri")),
        ("/v1/collections/c/import", {"uri": "file:/etc/passwd"}, (400, "uri")),
        ("/v1/collections/c/import", {"uri": "file:nothing.npy"}, (404, None)),
        ("/v1/collections/c/import", {"uri": "file:words.bin"}, (400, "file:words.bin")),
        ("/v1/collections/c/import", {"uri": "file:words.npy", "format": "xlsx"}, (400, "format")),
        ("/v1/collections/c/import", {"uri": "file:words.npy", "id_field": ""}, (400, "id_field")),
        ("/v1/collections/c/import", {"uri": "file:words.npy", "header": True}, (400, "header")),
        ("/v1/collections/c/export", {"uri": "file:../out.parquet"}, (400, "uri")),
        ("/v1/collections/c/export", {"uri": "file:words.npy"}, (409, None)),
        ("/v1/collections/nowhere/export", {}, (404, None)),
        ("/v1/operations/nothing/cancel", {}, (404, None)),
    ],
)
def test_what_is_refused_is_a_problem_document(
    bulk: Bulk, http: TestClient, path: str, body: dict[str, Any], expected: tuple[int, str | None]
) -> None:
    """Status, and the field where one is at fault; nothing is started."""
    write_npy(bulk.files / "words.npy", rows_of(5, 2))
    (bulk.files / "words.bin").write_bytes(b"x")
    bulk.declare()

    answer = http.post(path, json=body)

    assert "application/problem+json" == answer.headers["content-type"]
    assert expected == (answer.status_code, (answer.json().get("errors") or [{"field": None}])[0]["field"])
    assert [] == bulk.adapters.state.list("operations")


def test_an_operation_that_is_not_there_is_not_found(http: TestClient) -> None:
    """To look at, to cancel, or to fetch from."""
    answers = [http.get("/v1/operations/x"), http.post("/v1/operations/x/cancel"), http.get("/v1/operations/x/file")]

    assert [404, 404, 404] == [answer.status_code for answer in answers]


def test_tenants_do_not_meet(tmp_path: Path) -> None:
    """Neither in operations nor in files: what one exports, another can neither name nor see."""
    bulk = Bulk(tmp_path)
    bulk.declare("acme.c")
    bulk.declare("other.c")
    mine = bulk.start.start_export("acme.c", "file:out.parquet", None)
    bulk.run()
    done = bulk.finished(mine)

    assert (bulk.files / "tenants" / "acme" / "out.parquet").is_file()
    assert "c" == done.to_view()["collection"]
    for uri in ("file:out.parquet", "file:../acme/out.parquet"):
        with pytest.raises(PermanentError, match=r"there is no file|uri: got"):
            bulk.start.start_import("other.c", uri, None, Choice(), None)


@pytest.mark.parametrize(
    "name", ["__dict__", "é" * 900, "x" * 2000, "a b"], ids=["reserved", "long", "longer", "space"]
)
def test_a_name_that_nothing_can_have_is_not_found(http: TestClient, name: str) -> None:
    """The state store reserves some names and bounds all: asking it for one would be an error."""
    one = f"/v1/operations/{name}"
    answers = [http.get(one), http.post(f"{one}/cancel"), http.get(f"{one}/file"), http.delete(f"{one}/file")]

    assert [404] * 5 == [answer.status_code for answer in [*answers, http.get(f"/v1/erasures/{name}")]]
