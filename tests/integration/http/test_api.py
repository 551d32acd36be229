"""What the HTTP surface answers."""

import base64
import struct
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from shared.domain.limits import MAX_REQUEST_BYTES
from shared.ports.state import Put
from shared.regions.paths import replication_document
from shared.regions.policy import ReplicationPolicy
from shared.regions.replication import Shape
from tests.integration.http.conftest import Api

_V = [1.0, 0.0, 0.0]


def test_declaring_a_collection_twice_is_the_same(api: Api) -> None:
    """The first declaration creates, the second finds; both answer with the same collection."""
    created, found = api.declare(attributes={"rank": "integer"}), api.declare(attributes={"rank": "integer"})

    assert (201, 200) == (created.status_code, found.status_code)
    assert created.json() == found.json()


def test_declaring_a_collection_differently_is_a_conflict(api: Api) -> None:
    """The answer says what the collection is."""
    api.declare()

    answer = api.declare(metric="dot")

    assert 409 == answer.status_code
    assert "exists with dimension 3, metric cosine, 1 shard(s) and no attributes" in answer.json()["detail"]


def test_how_a_collection_is_replicated_may_be_chosen_again(api: Api) -> None:
    """It stays where a declaration leaves it open, keeps the followers, and does not outlive the collection."""
    path = replication_document("words")
    assert api.declare().json()["replication"] == "hybrid"
    api.state.commit([Put(path, ReplicationPolicy(followers=("europe-west1",)).to_document())])

    chosen = api.declare(replication="mesh")
    again = api.declare()

    assert [chosen.json()["replication"], again.json()["replication"]] == ["mesh", "mesh"]
    kept = ReplicationPolicy.from_document(api.state.get(path))
    assert kept == ReplicationPolicy(Shape.MESH, ("europe-west1",))
    api.ingest.delete("/v1/collections/words")
    assert api.declare().json()["replication"] == "hybrid"


def test_a_strange_way_of_replication_is_refused(api: Api) -> None:
    """The answer names the field and what is allowed."""
    answer = api.declare(replication="ring")

    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["field"]) == (400, "replication")
    assert "'mesh', 'hierarchical' or 'hybrid'" in str(error)


def test_a_home_that_is_not_deployed_is_refused(api: Api) -> None:
    """The answer names the regions that are; nothing was created."""
    answer = api.declare(home="mars-north1")

    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["field"], error["allowed"]) == (400, "home", "us-central1")
    assert api.declare(home="us-central1").json()["home"] == "us-central1"


def test_a_description_says_where_a_collection_is(api: Api) -> None:
    """One region alone has all of it, and lags behind nothing."""
    api.declare(replication="mesh")
    api.upsert({"id": "a", "vector": _V})
    api.commit()

    described = api.query.get("/v1/collections/words").json()

    assert (described["home"], described["home_epoch"], described["replication"]) == ("us-central1", 0, "mesh")
    assert described["regions"] == [
        {"region": "us-central1", "source": None, "version": "0:1", "versions_behind": 0, "lag_s": None}
    ]


def test_collections_are_listed_described_and_deleted(api: Api) -> None:
    """A deleted collection is gone from the list, and a second delete is not found."""
    api.declare("first")
    api.declare("second", metric="euclidean", shards=2)

    listed = [one["name"] for one in api.query.get("/v1/collections").json()["collections"]]
    described = api.query.get("/v1/collections/second").json()
    deleted = api.ingest.delete("/v1/collections/second").status_code
    again = api.ingest.delete("/v1/collections/second").status_code

    assert ["first", "second"] == listed
    assert ("euclidean", 2, 0, "0:0,1:0") == tuple(described[k] for k in ("metric", "shards", "records", "version"))
    assert (204, 404) == (deleted, again)
    assert 404 == api.query.get("/v1/collections/second").status_code


def test_a_record_comes_back_as_it_was_given(api: Api) -> None:
    """Attributes and the vector of a fetched record are those of the upsert."""
    api.declare(attributes={"rank": "integer"})
    given = {"id": "é/✓", "vector": [0.5, -2.0, 8.0], "attributes": {"rank": 7, "note": {"nested": [1, None]}}}
    api.upsert(given)
    api.commit()

    answer = api.query.post("/v1/collections/words/fetch", json={"ids": ["é/✓", "nobody"]}).json()

    (record,) = answer["records"]
    assert given["attributes"] == record["attributes"]
    assert pytest.approx(given["vector"], rel=1e-6) == record["vector"]
    assert ["nobody"] == answer["missing"]


def test_a_query_says_what_it_used(api: Api) -> None:
    """An answer carries matches, the version read, the method and the recall target."""
    api.declare()
    api.upsert({"id": "a", "vector": _V, "attributes": {"x": 1}}, {"id": "b", "vector": [0, 1, 0]})
    api.commit()

    answer = api.search(vector=[0.9, 0.1, 0], top_k=1, include=["attributes", "vector"]).json()

    (match,) = answer["matches"]
    assert ("a", {"x": 1}) == (match["id"], match["attributes"])
    assert pytest.approx(0.99388, abs=1e-4) == match["score"]
    assert {"matches", "version", "method", "recall_target", "took_ms"} <= set(answer)
    assert "0:1" == answer["version"]


def test_many_queries_are_answered_in_order(api: Api) -> None:
    """`vectors` gives one result each, in the order asked."""
    api.declare()
    api.upsert({"id": "a", "vector": _V}, {"id": "b", "vector": [0, 1, 0]})
    api.commit()

    answer = api.search(vectors=[[0, 1, 0], _V], top_k=1).json()

    assert [["b"], ["a"]] == [[match["id"] for match in result["matches"]] for result in answer["results"]]


def test_a_vector_may_be_base64(api: Api) -> None:
    """Little-endian float32 in base64 is the same vector as its numbers."""
    api.declare()
    packed = base64.b64encode(struct.pack("<3f", *_V)).decode()
    api.upsert({"id": "a", "vector": packed})
    api.commit()

    answer = api.search(vector=packed, top_k=1).json()

    assert pytest.approx(1.0) == answer["matches"][0]["score"]


@pytest.mark.parametrize(
    ("packed", "said"),
    [(struct.pack("<2f", 1, 0), "2 numbers"), (b"12345", "5 bytes in base64, no float32 numbers")],
    ids=["too few numbers", "part of a number"],
)
def test_base64_of_another_length_is_told_as_what_it_holds(api: Api, packed: bytes, said: str) -> None:
    """Whoever gave numbers to a client of ours does not know of base64."""
    api.declare()

    answer = api.search(vector=base64.b64encode(packed).decode())

    assert answer.status_code == 400
    assert f"vector: got {said}, allowed: 3 finite numbers" == answer.json()["detail"]


def test_a_write_may_wait_for_its_commit(api: Api) -> None:
    """`wait: committed` answers when the write can be read, with the version that holds it."""
    api.declare()
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(api.upsert, {"id": "a", "vector": _V}, wait="committed")
        while not answer.done():
            api.commit()

    assert {"accepted": 1, "version": "0:1"} == answer.result().json()


def test_a_wait_that_is_too_long_says_that_the_write_is_accepted(api: Api) -> None:
    """The client may repeat the request with the same key; the write is not lost."""
    api.declare()

    answer = api.upsert({"id": "a", "vector": _V}, wait="committed", timeout_ms=30)

    assert 503 == answer.status_code
    assert "1" == answer.headers["Retry-After"]
    assert "the write is accepted" in answer.json()["detail"]


def test_a_query_waits_for_the_version_it_asks_for(api: Api) -> None:
    """A version that arrives within the timeout is waited for; one that does not is 503 with Retry-After."""
    api.declare()
    api.upsert({"id": "a", "vector": _V})
    late = api.search(vector=_V, min_version="0:1", timeout_ms=30)
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(api.search, vector=_V, min_version="0:1", timeout_ms=5000)
        api.commit()

    assert (503, "1") == (late.status_code, late.headers["Retry-After"])
    assert ["a"] == [match["id"] for match in answer.result().json()["matches"]]


_UPSERT = "/v1/collections/words/upsert"
_DELETE = "/v1/collections/words/delete"
_QUERY = "/v1/collections/words/query"
_FETCH = "/v1/collections/words/fetch"

_BAD_BODIES: list[tuple[str, Any, str, str]] = [
    (_UPSERT, {"records": []}, "records", "at least 1 item"),
    (_UPSERT, {"records": [{"id": "a", "vector": _V}] * 1001}, "records", "at most 1000 items"),
    (_UPSERT, {"records": [{"id": "a"}]}, "records[0].vector", "a value"),
    (_UPSERT, {"records": [{"id": "", "vector": _V}]}, "records[0].id", "at least 1 character"),
    (_UPSERT, {"records": [{"id": 7, "vector": _V}]}, "records[0].id", "valid string"),
    (_UPSERT, {"records": [{"id": "é" * 257, "vector": _V}]}, "records[0].id", "at most 512 bytes"),
    (_UPSERT, {"records": [{"id": "a", "vector": _V}] * 2}, "body", "every id at most once"),
    (_UPSERT, {"records": [{"id": "a", "vector": [1, 2]}]}, "records[0].vector", "3 finite numbers"),
    (_UPSERT, {"records": [{"id": "a", "vector": [0, 0, 0]}]}, "records[0].vector", "a vector with a direction"),
    (_UPSERT, {"records": [{"id": "a", "vector": [1e39, 0, 0]}]}, "records[0].vector", "finite numbers up to"),
    (_UPSERT, {"records": [{"id": "a", "vector": [True, 0, 0]}]}, "records[0].vector[0]", "a valid number"),
    (_UPSERT, {"records": [{"id": "a", "vector": ["1", 0, 0]}]}, "records[0].vector[0]", "a valid number"),
    (_UPSERT, {"records": [{"id": "a", "vector": "AAAA"}]}, "records[0].vector", "3 finite numbers"),
    (_UPSERT, {"records": [{"id": "a", "vector": "?"}]}, "records[0].vector", "3 finite numbers"),
    (_UPSERT, {"records": [{"id": "a", "vector": {}}]}, "records[0].vector", "an array"),
    (_UPSERT, {"records": [{"id": "a", "vector": [1] * 4097}]}, "records[0].vector", "at most 4096 items"),
    (_UPSERT, {"records": [{"id": "a", "vector": _V, "if_version": "0:1"}]}, "records[0].if_version", 'or "absent"'),
    (
        _UPSERT,
        {"records": [{"id": "a", "vector": _V, "attributes": {"rank": "high"}}]},
        "records[0].attributes.rank",
        "an integer of 64 bits",
    ),
    (
        _UPSERT,
        {"records": [{"id": "a", "vector": _V, "attributes": {"text": "x" * 20_000}}]},
        "records[0].attributes",
        "at most 16384 bytes",
    ),
    (
        _UPSERT,
        {"records": [{"id": "a", "vector": _V, "attributes": {"no spaces": 1}}]},
        "records[0].attributes",
        "attribute names",
    ),
    (_UPSERT, {"records": [{"id": "a", "vector": _V}], "wait": "forever"}, "wait", "'accepted' or 'committed'"),
    (_UPSERT, {"records": [{"id": "a", "vector": _V}], "timeout_ms": 60_001}, "timeout_ms", "60000"),
    (_DELETE, {"ids": []}, "ids", "at least 1 item"),
    (_DELETE, {"ids": ["a", "a"]}, "ids", "every id at most once"),
    (_QUERY, {}, "body", "exactly one of vector, vectors and id"),
    (_QUERY, {"vector": _V, "id": "a"}, "body", "exactly one of vector, vectors and id"),
    (_QUERY, {"vector": _V, "top_k": 0}, "top_k", "greater than or equal to 1"),
    (_QUERY, {"vector": _V, "top_k": 1001}, "top_k", "less than or equal to 1000"),
    (_QUERY, {"vector": _V, "top_k": 2.5}, "top_k", "valid integer"),
    (_QUERY, {"vector": _V, "recall": 0}, "recall", "greater than 0"),
    (_QUERY, {"vector": _V, "recall": 1.1}, "recall", "less than or equal to 1"),
    (_QUERY, {"vector": _V, "limit": 3}, "limit", "no such field"),
    (_QUERY, {"vector": _V, "min_version": "soon"}, "min_version", "a version as a write"),
    (_QUERY, {"vector": _V, "consistency": "some"}, "consistency", "'eventual', 'bounded' or 'strong'"),
    (_QUERY, {"vectors": [_V] * 101}, "vectors", "at most 100 items"),
    (_QUERY, {"vectors": [_V, [1, 2]]}, "vectors[1]", "3 finite numbers"),
    (_QUERY, {"vector": _V, "include": ["scores"]}, "include[0]", "'attributes' or 'vector'"),
    (_FETCH, {"ids": []}, "ids", "at least 1 item"),
]


@pytest.mark.parametrize(("path", "body", "field", "allowed"), _BAD_BODIES, ids=lambda value: str(value)[:40])
def test_bad_input_is_named_and_changes_nothing(api: Api, path: str, body: Any, field: str, allowed: str) -> None:
    """The problem names the field and what is allowed; no message is published."""
    api.declare(attributes={"rank": "integer"})
    client = api.ingest if path in (_UPSERT, _DELETE) else api.query

    answer = client.post(path, json=body)

    problem = answer.json()
    assert 400 == answer.status_code, problem
    assert "application/problem+json" == answer.headers["content-type"]
    assert field in [error["field"] for error in problem["errors"]]
    assert allowed in " | ".join(error["allowed"] for error in problem["errors"])
    assert [] == api.publisher.take("mutations")


@pytest.mark.parametrize(
    ("body", "field", "allowed"),
    [
        ({"dimension": 1}, "dimension", "greater than or equal to 2"),
        ({"dimension": 4097}, "dimension", "less than or equal to 4096"),
        ({"dimension": 3, "metric": "manhattan"}, "metric", "'cosine', 'dot' or 'euclidean'"),
        ({"dimension": 3, "shards": 65}, "shards", "less than or equal to 64"),
        ({"dimension": 3, "attributes": {"rank": "number"}}, "attributes.rank", "'integer'"),
        ({"dimension": 3, "attributes": {f"a{n}": "string" for n in range(65)}}, "attributes", "at most 64 items"),
    ],
    ids=["small", "large", "metric", "shards", "type", "many"],
)
def test_a_bad_declaration_is_named(api: Api, body: dict[str, Any], field: str, allowed: str) -> None:
    """The problem names the field and what is allowed."""
    answer = api.ingest.put("/v1/collections/words", json=body)

    assert 400 == answer.status_code
    assert [field] == [error["field"] for error in answer.json()["errors"]]
    assert allowed in answer.json()["errors"][0]["allowed"]


@pytest.mark.parametrize("name", ["Words", "1word", "a" * 64, "a_b", "a%2Fb"])
def test_a_bad_collection_name_is_refused(api: Api, name: str) -> None:
    """Names are checked on every path."""
    answers = [
        api.ingest.put(f"/v1/collections/{name}", json={"dimension": 3}),
        api.query.get(f"/v1/collections/{name}"),
    ]

    assert {answer.status_code for answer in answers} <= {400, 404}
    assert 404 not in {answer.status_code for answer in answers} or "%2F" in name


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"\xff\xfe", b'{"vector": [NaN, 0, 0]}'], ids=["empty", "cut", "list", "bytes", "nan"]
)
def test_what_is_not_json_is_refused(api: Api, content: bytes) -> None:
    """Malformed bodies are 400, never 500."""
    api.declare()

    answer = api.query.post(_QUERY, content=content)

    assert 400 == answer.status_code
    assert "invalid_request" in answer.json()["type"]


def test_a_body_over_the_limit_is_refused_while_it_arrives(api: Api) -> None:
    """8 MB is the limit of a request, whatever its Content-Length says."""
    answer = api.ingest.post(_UPSERT, content=(b" " * 1_000_000 for _ in range(9)))

    assert 413 == answer.status_code
    assert f"at most {MAX_REQUEST_BYTES} bytes" in answer.json()["errors"][0]["allowed"]


@pytest.mark.parametrize("key", ["", "x" * 129])
def test_an_idempotency_key_has_a_limit(api: Api, key: str) -> None:
    """1 to 128 bytes."""
    api.declare()

    answer = api.ingest.post(_UPSERT, json={"records": [{"id": "a", "vector": _V}]}, headers={"Idempotency-Key": key})

    assert 400 == answer.status_code
    assert ["Idempotency-Key"] == [error["field"] for error in answer.json()["errors"]]


def test_unknown_collections_and_paths_are_not_found(api: Api) -> None:
    """404 as a problem document, on every route."""
    answers = [
        api.query.get("/v1/collections/nothere"),
        api.query.post("/v1/collections/nothere/query", json={"vector": _V}),
        api.ingest.post("/v1/collections/nothere/upsert", json={"records": [{"id": "a", "vector": _V}]}),
        api.ingest.post("/v1/collections/nothere/delete", json={"ids": ["a"]}),
        api.query.get("/v2"),
    ]

    assert [404] * 5 == [answer.status_code for answer in answers]
    assert {"application/problem+json"} == {answer.headers["content-type"] for answer in answers}


def test_health_and_readiness_need_no_collection(api: Api) -> None:
    """Both functions answer both paths."""
    paths = ["/health", "/ready"]

    assert [200] * 4 == [client.get(path).status_code for client in (api.ingest, api.query) for path in paths]
