"""Upserts from an iterator: bounded, in order for each id, as fast as the server takes them."""

import asyncio
import threading
from collections.abc import Iterator

import httpx
import numpy as np
import orjson
import pytest

from swell.client import AsyncSwell, InvalidRequestError, Record, Swell, UnavailableError
from tests.unit.swell.client.recorded_server import AT_ONCE, RecordedServer, ok, problem

ROW = np.ones(2, np.float32)


def _accepted(request: httpx.Request) -> httpx.Response:
    return ok({"accepted": len(orjson.loads(request.content)["records"])})


def _ids(server: RecordedServer) -> list[list[str]]:
    return [[record["id"] for record in body["records"]] for body in server.bodies()]


def test_no_more_is_taken_than_requests_hold() -> None:
    """An iterator without end may be given: while requests wait, so does it."""
    taken, release, full = list[int](), threading.Event(), threading.Event()

    def records() -> Iterator[Record]:
        for number in range(20):
            taken.append(number)
            if len(taken) == 6:
                full.set()
            yield Record(str(number), ROW)

    def answer(request: httpx.Request) -> httpx.Response:
        assert release.wait(30)
        return _accepted(request)

    words = Swell("http://swell.test", http_transport=httpx.MockTransport(answer)).collection("words")
    receipts: list[int] = []
    thread = threading.Thread(
        target=lambda: receipts.append(words.upsert_many(records(), batch_records=2, in_flight=2).accepted)
    )
    thread.start()
    assert full.wait(30)
    held = len(taken)
    release.set()
    thread.join(30)

    assert (6, [20]) == (held, receipts)


def test_a_server_that_is_busy_is_waited_for() -> None:
    """The batch is sent again with its key, and nothing is left out."""
    server = RecordedServer(problem(429, "rate_limited", retry_after="0"), _accepted)

    receipt = server.client().collection("words").upsert_many([Record("a", ROW)])

    assert (1, 2) == (receipt.accepted, len(server.requests))
    assert 1 == len({request.headers["Idempotency-Key"] for request in server.requests})


def test_a_full_backlog_slows_a_load_and_does_not_end_it() -> None:
    """It outlasts the attempts of single calls, with the same key; and ends when patience does."""
    full = problem(503, "backlog_full", retry_after="0.01")
    server = RecordedServer(*[full] * 12, _accepted)

    receipt = server.client().collection("words").upsert_many([Record("a", ROW)])
    with pytest.raises(UnavailableError) as raised:
        RecordedServer(full).client().collection("words").upsert_many([Record("a", ROW)], patience_s=0.05)

    assert (1, 13) == (receipt.accepted, len(server.requests))
    assert 1 == len({request.headers["Idempotency-Key"] for request in server.requests})
    assert "backlog_full" == raised.value.code


def test_of_one_id_the_last_stays() -> None:
    """In a batch it is there once, and two batches with it are not under way together."""
    server = RecordedServer(_accepted)
    records = [Record(name, ROW) for name in ("a", "a", "b", "a", "c")]

    server.client().collection("words").upsert_many(records, batch_records=2, in_flight=4)

    assert [["a", "b"], ["a", "c"]] == _ids(server)


def test_a_refusal_ends_it() -> None:
    """Nothing more is sent."""
    server = RecordedServer(problem(400, "invalid_request"))

    with pytest.raises(InvalidRequestError):
        server.client().collection("words").upsert_many(
            (Record(str(number), ROW) for number in range(50)), batch_records=1, in_flight=1
        )

    assert 1 == len(server.requests)


def test_on_an_event_loop_the_same_holds() -> None:
    """All arrive, each batch once."""
    server = RecordedServer(_accepted)

    async def story() -> int:
        http = httpx.MockTransport(server)
        async with AsyncSwell("http://swell.test", retries=AT_ONCE, http_transport=http) as swell:
            records = (Record(str(number), ROW) for number in range(7))
            return (await swell.collection("words").upsert_many(records, batch_records=2, in_flight=3)).accepted

    assert (7, 4) == (asyncio.run(story()), len(server.requests))
