"""Conditional, partial and filtered writes over HTTP."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest
from starlette.testclient import TestClient

from functions.ingest.wiring import build as build_ingest
from shared.adapters.opening import Adapters
from shared.ports.state import Document
from tests.fakes.clock import FrozenClock
from tests.fakes.objects import InMemoryObjects
from tests.fakes.publisher import RecordingPublisher
from tests.fakes.state import InMemoryState
from tests.integration.http.conftest import Api

_V = [1.0, 0.0, 0.0]


def _committed(api: Api, path: str, **body: Any) -> Any:
    """Send a write that waits, and commit it meanwhile."""
    with ThreadPoolExecutor(1) as pool:
        sent = pool.submit(api.ingest.post, f"/v1/collections/words/{path}", json={"wait": "committed", **body})
        while not sent.done():
            api.commit()
        return sent.result()


def _record(api: Api, record_id: str) -> Any:
    body = {"ids": [record_id], "include": ["attributes"]}
    (record,) = api.query.post("/v1/collections/words/fetch", json=body).json()["records"]
    return record


def test_the_version_of_a_fetched_record_is_a_condition(api: Api) -> None:
    """What fetch shows as `version`, upsert takes as `if_version`; the second such write is a conflict."""
    api.declare()
    _committed(api, "upsert", records=[{"id": "a", "vector": _V}])
    version = _record(api, "a")["version"]
    change = {"id": "a", "vector": _V, "attributes": {"x": 1}, "if_version": version}

    first = _committed(api, "upsert", records=[change])
    second = _committed(api, "upsert", records=[{**change, "attributes": {"x": 2}}, {"id": "b", "vector": _V}])

    assert (200, []) == (first.status_code, first.json()["conflicts"])
    assert (200, ["a"]) == (second.status_code, second.json()["conflicts"])
    assert {"x": 1} == _record(api, "a")["attributes"]
    assert "b" == _record(api, "b")["id"]


def test_an_update_answers_with_what_is_missing(api: Api) -> None:
    """Known records change, unknown ids are listed."""
    api.declare(attributes={"rank": "integer"})
    _committed(api, "upsert", records=[{"id": "a", "vector": _V, "attributes": {"rank": 1, "note": "n"}}])

    answer = _committed(
        api,
        "update",
        records=[{"id": "a", "attributes": {"rank": 2, "note": None}}, {"id": "b", "vector": [0, 1, 0]}],
    )

    assert (200, 2, ["b"]) == (answer.status_code, answer.json()["accepted"], answer.json()["missing"])
    assert {"rank": 2} == _record(api, "a")["attributes"]


def test_a_delete_by_filter_answers_with_how_many(api: Api) -> None:
    """The count is known when the delete is committed."""
    api.declare(attributes={"rank": "integer"})
    records = [{"id": f"r{rank}", "vector": _V, "attributes": {"rank": rank}} for rank in range(5)]
    _committed(api, "upsert", records=records)

    answer = _committed(api, "delete", filter={"range": {"rank": {"gte": 3}}})

    assert {"deleted": 2, "version": "0:2"} == answer.json()
    assert 3 == api.query.get("/v1/collections/words").json()["records"]


@pytest.mark.parametrize(
    ("path", "body", "problem"),
    [
        (
            "upsert",
            {"records": [{"id": "a", "vector": _V, "if_version": "absent"}]},
            'if_version only with wait "committed"',
        ),
        (
            "upsert",
            {"records": [{"id": "a", "vector": _V, "if_version": "0:12"}], "wait": "committed"},
            r"records[0].if_version: got '0:12'",
        ),
        (
            "update",
            {"records": [{"id": "a", "attributes": {"x": 1}, "if_version": "absent"}], "wait": "committed"},
            r"records[0].if_version: got 'absent'",
        ),
        ("update", {"records": [{"id": "a"}]}, "attributes to change, a vector, or both"),
        ("update", {"records": [{"id": "a", "attributes": {"rank": "x"}}]}, "records[0].attributes.rank"),
        ("update", {"records": [{"id": "a", "vector": [1]}]}, "records[0].vector: got 1 numbers"),
        ("update", {"records": [{"id": "a", "vector": _V}, {"id": "a", "vector": _V}]}, "every id at most once"),
        ("delete", {}, "either ids or a filter"),
        ("delete", {"ids": ["a"], "filter": {"exists": "rank"}}, "either ids or a filter"),
        ("delete", {"filter": {"exists": "colour"}}, "a declared attribute: rank"),
    ],
)
def test_a_write_that_cannot_be_is_refused(api: Api, path: str, body: Any, problem: str) -> None:
    """The problem says what was given and what is allowed; no message is published."""
    api.declare(attributes={"rank": "integer"})

    answer = api.ingest.post(f"/v1/collections/words/{path}", json=body)

    assert 400 == answer.status_code
    assert problem in answer.json()["detail"]
    assert [] == api.publisher.take("mutations")


def test_an_erasure_answers_with_a_receipt_to_be_looked_at(api: Api) -> None:
    """Sent again with its key it is the same erasure; a receipt that does not exist is not found."""
    api.declare()
    _committed(api, "upsert", records=[{"id": "a", "vector": _V}])
    body, headers = {"ids": ["a"], "erase": True}, {"Idempotency-Key": "k"}

    first = api.ingest.post("/v1/collections/words/delete", json=body, headers=headers)
    again = api.ingest.post("/v1/collections/words/delete", json=body, headers=headers)
    api.commit()
    receipt = api.ingest.get(f"/v1/erasures/{first.json()['erasure']}")
    unknown = api.ingest.get("/v1/erasures/nope")

    assert (202, 202, 200, 404) == (first.status_code, again.status_code, receipt.status_code, unknown.status_code)
    assert first.json() == again.json()
    assert ("rewriting", False) == (receipt.json()["state"], receipt.json()["proven"])
    assert "words" == receipt.json()["collection"]


def test_an_erasure_by_filter_answers_with_how_many(api: Api) -> None:
    """As a delete does, when it waits for the commit."""
    api.declare(attributes={"rank": "integer"})
    _committed(api, "upsert", records=[{"id": str(n), "vector": _V, "attributes": {"rank": n}} for n in range(4)])

    answer = _committed(api, "delete", filter={"range": {"rank": {"lt": 2}}}, erase=True)

    assert (200, 2) == (answer.status_code, answer.json()["deleted"])
    assert answer.json()["erasure"]


class _Hangs(InMemoryState):
    """Answers when it is told to."""

    def __init__(self) -> None:
        super().__init__(clock=FrozenClock())
        self.answers = Event()
        self.answers.set()

    def get(self, path: str) -> Document | None:
        self.answers.wait(30)
        return super().get(path)

    def get_many(self, paths: Sequence[str]) -> list[Document | None]:
        self.answers.wait(30)
        return super().get_many(paths)


def test_a_write_does_not_wait_past_its_deadline() -> None:
    """While the store hangs it is told to come again; one that was accepted, that it is not committed yet."""
    state, publisher, clock = _Hangs(), RecordingPublisher(), FrozenClock()
    adapters = Adapters(state, InMemoryObjects(clock=clock), publisher, clock)
    body = {"records": [{"id": "a", "vector": _V}], "wait": "committed", "timeout_ms": 200}
    with TestClient(build_ingest(adapters)) as ingest:
        ingest.put("/v1/collections/words", json={"dimension": 3})
        pending = ingest.post("/v1/collections/words/upsert", json=body)
        state.answers.clear()
        refused = ingest.post("/v1/collections/words/upsert", json=body)
        state.answers.set()

    told = [(answer.status_code, answer.json()["title"]) for answer in (pending, refused)]
    assert [(503, "commit pending"), (503, "dependency unavailable")] == told
    assert "1" == refused.headers["retry-after"]
    assert "within 200 ms" in refused.json()["detail"]
