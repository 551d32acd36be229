"""A vector goes in over HTTP, through Pub/Sub, and comes out of an Annoy segment: the same story on both runtimes."""

import base64
import time
from collections.abc import Callable
from typing import Any

import httpx
import numpy as np
import pytest
from numpy.typing import NDArray

from swell.local.running import RunningSwell

_ROWS, _DIMENSION = 22_000, 24


def _clustered(rows: int, seed: int) -> NDArray[np.float32]:
    """Vectors with structure, as embeddings have: 200 directions with noise around them."""
    rng = np.random.default_rng(seed)
    centres = np.random.default_rng(7).normal(size=(200, _DIMENSION))
    noise = 0.5 * rng.normal(size=(rows, _DIMENSION))
    vectors: NDArray[np.float32] = (centres[rng.integers(0, 200, rows)] + noise).astype(np.float32)
    return vectors


def _records(vectors: NDArray[np.float32], start: int) -> list[dict[str, Any]]:
    return [
        {"id": f"r{start + place}", "vector": base64.b64encode(vector.tobytes()).decode()}
        for place, vector in enumerate(vectors)
    ]


def _until(condition: Callable[[], bool], within_s: float) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.1)


def test_write_search_replace_delete(http: httpx.Client) -> None:
    """Committed writes are read by version; a replaced or deleted record never shows its old self."""
    one = "/v1/collections/story"
    assert 201 == http.put(one, json={"dimension": 2, "metric": "euclidean", "shards": 2}).status_code
    records = [{"id": f"r{n}", "vector": [n, 0], "attributes": {"n": n}} for n in range(100)]

    first = http.post(f"{one}/upsert", json={"records": records, "wait": "committed"}).json()
    found = http.post(f"{one}/query", json={"vector": [50.2, 0], "top_k": 3, "min_version": first["version"]}).json()
    replaced = http.post(
        f"{one}/upsert", json={"records": [{"id": "r50", "vector": [500, 0]}], "wait": "committed"}
    ).json()
    deleted = http.post(f"{one}/delete", json={"ids": ["r51"], "wait": "committed"}).json()
    least = f"{replaced['version']}"
    after = http.post(f"{one}/query", json={"vector": [50.2, 0], "top_k": 3, "min_version": least}).json()
    strong = http.post(f"{one}/query", json={"vector": [50.2, 0], "top_k": 3, "consistency": "strong"}).json()
    fetched = http.post(f"{one}/fetch", json={"ids": ["r50", "r51"], "consistency": "strong"}).json()

    assert ["r50", "r51", "r49"] == [match["id"] for match in found["matches"]]
    assert "r50" not in [match["id"] for match in after["matches"]]
    assert ["r49", "r52", "r48"] == [match["id"] for match in strong["matches"]]
    assert [[500.0, 0.0]] == [record["vector"] for record in fetched["records"]]
    assert ["r51"] == fetched["missing"]
    assert deleted["version"]


def test_enough_rows_become_a_forest_with_the_recall_asked_for(http: httpx.Client, swell: RunningSwell) -> None:
    """Past the compaction threshold a base segment appears, and recall@10 stays at least 0.95."""
    one = "/v1/collections/forest"
    http.put(one, json={"dimension": _DIMENSION})
    vectors = _clustered(_ROWS, seed=1)
    for start in range(0, _ROWS, 1000):
        records = _records(vectors[start : start + 1000], start)
        body = {"records": records, "wait": "committed", "timeout_ms": 60_000}
        assert 200 == http.post(f"{one}/upsert", json=body).status_code

    _until(lambda: any(segment["kind"] == "base" for segment in http.get(one).json()["segments"]), within_s=60)
    hits = _hits(http, one, vectors)

    assert _ROWS == http.get(one).json()["records"]
    assert hits / 500 >= 0.95
    flows = {(flow.function, flow.event_type) for flow in swell.deliveries() if flow.outcome == "done"}
    assert {
        ("index_update", "dev.swell.mutations.accepted.v1"),
        ("index_update", "dev.swell.index.compaction_due.v1"),
    } <= flows


def _hits(http: httpx.Client, one: str, vectors: NDArray[np.float32]) -> int:
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    queries = _clustered(50, seed=2)
    body = {"vectors": queries.tolist(), "top_k": 10, "consistency": "strong"}
    results = http.post(f"{one}/query", json=body).json()["results"]
    hits = 0
    for query, result in zip(queries, results, strict=True):
        truth = {f"r{row}" for row in np.argsort(-(unit @ query))[:10]}
        hits += len(truth & {match["id"] for match in result["matches"]})
    return hits


@pytest.mark.parametrize("path", ["/health", "/ready", "/"])
def test_health_is_answered_at_the_front_door(http: httpx.Client, path: str) -> None:
    """Whoever starts Swell can ask whether it serves."""
    assert 200 == http.get(path).status_code


def test_bad_input_is_a_problem_document_through_the_whole_stack(http: httpx.Client) -> None:
    """The front door and functions-framework pass errors through as they are."""
    http.put("/v1/collections/strict", json={"dimension": 2})

    answer = http.post("/v1/collections/strict/upsert", json={"records": [{"id": "a", "vector": [1]}]})

    assert 400 == answer.status_code
    assert "application/problem+json" == answer.headers["content-type"]
    assert "records[0].vector" == answer.json()["errors"][0]["field"]
