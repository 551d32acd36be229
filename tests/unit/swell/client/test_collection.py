"""Reads and writes of a collection, as they travel and as they come back."""

import base64

import httpx
import numpy as np
import orjson
import pytest

from swell.client import InvalidRequestError, Match, UnreachableError
from tests.unit.swell.client.recorded_server import RecordedServer, ok, problem

ACCEPTED = ok({"accepted": 1}, 202)
NOTHING_FOUND = {"matches": [], "version": "0:1", "method": "exact", "recall_target": 0.95, "took_ms": 0.1}


def rows(count: int, dimension: int = 2) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """Distinct vectors."""
    return np.arange(1, count * dimension + 1, dtype=np.float32).reshape(count, dimension)


def ids(count: int) -> list[str]:
    """Distinct ids."""
    return [f"id-{number}" for number in range(count)]


def test_vectors_travel_as_base64_of_little_endian_float32() -> None:
    """What the server decodes is bit for bit what the caller gave."""
    server = RecordedServer(ACCEPTED)

    server.client().collection("words").upsert(ids=["goal"], vectors=[[0.1, -2.5]], attributes=[{"rank": 7}])

    (record,) = server.bodies()[0]["records"]
    assert np.frombuffer(base64.b64decode(record["vector"]), "<f4").tolist() == [np.float32(0.1), -2.5]
    assert {key: record[key] for key in ("id", "attributes")} == {"id": "goal", "attributes": {"rank": 7}}


def test_records_are_sent_in_batches_of_a_thousand_in_order() -> None:
    """No request holds more records than the API takes, and none is lost or moved."""
    server = RecordedServer(*[ok({"accepted": size}, 202) for size in (1000, 1000, 500)])

    receipt = server.client().collection("words").upsert(ids=ids(2500), vectors=rows(2500))

    sent = [[record["id"] for record in body["records"]] for body in server.bodies()]
    assert [len(batch) for batch in sent] == [1000, 1000, 500]
    assert [one for batch in sent for one in batch] == ids(2500)
    assert receipt.accepted == 2500


def test_no_request_passes_eight_megabytes() -> None:
    """Long vectors and attributes make batches smaller."""
    server = RecordedServer(lambda request: ok({"accepted": request.content.count(b'"id"')}, 202))

    receipt = (
        server.client()
        .collection("long")
        .upsert(ids=ids(900), vectors=rows(900, 4096), attributes=[{"text": "x" * 4000}] * 900)
    )

    assert receipt.accepted == 900
    assert len(server.requests) > 1
    assert max(len(request.content) for request in server.requests) <= 8_000_000


def test_every_write_carries_a_key_of_its_own() -> None:
    """Two batches never share an Idempotency-Key, and a retried one keeps its key."""
    server = RecordedServer(problem(503, "unavailable", retry_after="0"), ACCEPTED, ACCEPTED)

    server.client().collection("words").upsert(ids=ids(1001), vectors=rows(1001))

    first, retried, second = [request.headers["Idempotency-Key"] for request in server.requests]
    assert first == retried
    assert first != second


def test_a_receipt_covers_the_commits_of_all_batches() -> None:
    """The version of a write of several requests is the newest of every shard that they touched."""
    server = RecordedServer(ok({"accepted": 1000, "version": "0:3,1:7"}), ok({"accepted": 1, "version": "1:8,2:1"}))

    receipt = server.client().collection("words").upsert(ids=ids(1001), vectors=rows(1001), wait="committed")

    assert receipt.version == "0:3,1:8,2:1"
    assert [body["wait"] for body in server.bodies()] == ["committed", "committed"]


def test_problems_name_the_place_in_the_callers_list() -> None:
    """The third record of the second batch is record 1002 of the call."""
    refused = {"field": "records[2].vector", "value": "a zero vector", "allowed": "a vector with a direction"}
    server = RecordedServer(ACCEPTED, problem(400, "invalid_request", errors=[refused]))

    with pytest.raises(InvalidRequestError) as raised:
        server.client().collection("words").upsert(ids=ids(1500), vectors=rows(1500))

    assert raised.value.problems[0].field == "records[1002].vector"
    assert "records[1002].vector" in str(raised.value)
    assert raised.value.records_accepted == 1000


def test_a_broken_connection_says_how_much_was_accepted() -> None:
    """A caller can go on from where the call stopped."""
    server = RecordedServer(ACCEPTED, httpx.RemoteProtocolError("Server disconnected without sending a response."))

    with pytest.raises(UnreachableError) as raised:
        server.client().collection("words").upsert(ids=ids(1500), vectors=rows(1500))

    assert raised.value.records_accepted == 1000


@pytest.mark.parametrize(
    ("vectors", "attributes"),
    [(rows(2), None), (np.ones(3, np.float32), None), (rows(3), [{}])],
    ids=["too few rows", "one row", "too few attributes"],
)
def test_lists_of_different_lengths_are_refused_before_anything_is_sent(vectors: object, attributes: object) -> None:
    """Nothing half-done: the mismatch is found here."""
    server = RecordedServer(ACCEPTED)

    with pytest.raises(ValueError, match="allowed: "):
        server.client().collection("words").upsert(ids=ids(3), vectors=vectors, attributes=attributes)  # type: ignore[arg-type]

    assert server.requests == []


def test_one_text_in_place_of_a_list_of_ids_is_refused() -> None:
    """`delete("goal")` must not delete the records g, o, a and l."""
    server = RecordedServer(ACCEPTED)

    with pytest.raises(TypeError, match=r"allowed: a list of ids, such as \['goal'\]"):
        server.client().collection("words").delete("goal")

    assert server.requests == []


def test_an_erasure_names_ids_or_a_filter() -> None:
    """One of the two; its id comes back to be followed."""
    server = RecordedServer(ok({"accepted": 1, "erasure": "e1"}), ok({"erasure": "e2"}))
    words = server.client().collection("words")

    by_id = words.erase(["goal"])
    by_filter = words.erase(filter={"eq": {"lang": "en"}})
    with pytest.raises(ValueError, match="one of the two"):
        words.erase()

    assert (["e1"], ["e2"]) == (by_id, by_filter)
    assert [True, True] == [body["erase"] for body in server.bodies()]


def test_nothing_to_write_asks_nobody() -> None:
    """An empty list is a write of nothing."""
    server = RecordedServer(ACCEPTED)

    receipt = server.client().collection("words").upsert(ids=[], vectors=rows(0))

    assert (receipt.accepted, receipt.version) == (0, None)
    assert server.requests == []


def test_a_query_sends_only_what_was_asked_for() -> None:
    """Options that are left out are left to the server."""
    server = RecordedServer(ok(NOTHING_FOUND))

    server.client().collection("words").query(id="goal", top_k=5)

    assert server.bodies() == [{"id": "goal", "top_k": 5, "include": []}]


def test_matches_come_back_typed() -> None:
    """Scores, attributes and vectors are read as what they are."""
    found = {"id": "goals", "score": 0.9, "attributes": {"rank": 3}, "vector": [1.0, 2.0]}
    server = RecordedServer(ok({**NOTHING_FOUND, "matches": [found]}))

    result = server.client().collection("words").query([1, 2], include=["attributes", "vector"], recall=1.0)

    (match,) = result.matches
    assert (match.id, match.score, match.attributes) == ("goals", 0.9, {"rank": 3})
    assert match.vector is not None
    assert (np.dtype(np.float32), [1.0, 2.0]) == (match.vector.dtype, match.vector.tolist())
    assert (result.version, result.method, result.recall_target) == ("0:1", "exact", 0.95)


def test_many_queries_are_answered_in_order_in_requests_of_a_hundred() -> None:
    """Query 150 finds its own answer."""

    def echo(request: httpx.Request) -> httpx.Response:
        asked = orjson.loads(request.content)["vectors"]
        found = [{"matches": [{"id": vector, "score": 1.0}]} for vector in asked]
        return ok({**NOTHING_FOUND, "results": found})

    server = RecordedServer(echo)

    results = server.client().collection("words").query_many(rows(150))

    expected = [base64.b64encode(row.tobytes()).decode() for row in rows(150)]
    assert expected == [result.matches[0].id for result in results]
    assert [len(body["vectors"]) for body in server.bodies()] == [100, 50]


@pytest.mark.parametrize("arguments", [{}, {"vector": [1, 2], "id": "goal"}], ids=["neither", "both"])
def test_a_query_asks_for_one_thing(arguments: dict[str, object]) -> None:
    """A vector or an id, never both, never none."""
    server = RecordedServer(ok(NOTHING_FOUND))

    with pytest.raises(ValueError, match="one of the two"):
        server.client().collection("words").query(**arguments)  # type: ignore[arg-type]


def test_a_table_where_one_vector_belongs_is_refused_with_the_way_out() -> None:
    """The message names the call that takes several."""
    server = RecordedServer(ok(NOTHING_FOUND))

    with pytest.raises(ValueError, match="query_many takes several"):
        server.client().collection("words").query(rows(3))


def test_fetch_joins_the_answers_of_its_requests() -> None:
    """More ids than one request takes are still one call."""
    server = RecordedServer(
        ok({"records": [{"id": "a", "vector": [1.0]}], "missing": ["x"], "version": "0:1"}),
        ok({"records": [{"id": "b", "attributes": None}], "missing": [], "version": "0:2"}),
    )

    found = server.client().collection("words").fetch(ids(1001))

    assert ([one.id for one in found.records], found.missing, found.version) == (["a", "b"], ["x"], "0:2")


def test_fields_of_a_newer_server_are_ignored() -> None:
    """An answer may grow without breaking this client."""
    assert Match("a", 1.0) == Match.of({"id": "a", "score": 1.0, "explanation": "new"})
