"""What a query says of how it was answered: in its body and in its log line."""

import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson
import pytest
from starlette.testclient import TestClient

from functions.query.settings import QuerySettings
from functions.query.wiring import build as build_query
from shared.adapters.opening import Adapters
from shared.errors import DependencyUnavailable
from shared.ports.state import Document, StateStore
from shared.telemetry import log_to
from tests.builders.pipeline import Pipeline

SEARCH = {"vector": [1, 1]}


class _Away:
    """A state store that can go away."""

    def __init__(self, inner: StateStore) -> None:
        self._inner = inner
        self.is_away = False

    def get(self, path: str) -> Document | None:
        """As the port."""
        return self.get_many([path])[0]

    def get_many(self, paths: Sequence[str]) -> list[Document | None]:
        """As the port."""
        if self.is_away:
            raise DependencyUnavailable("away")
        return self._inner.get_many(paths)


@pytest.fixture
def state(pipeline: Pipeline) -> _Away:
    """The store of a collection `c` with one record."""
    pipeline.upsert({"a": (1, 1)})
    pipeline.deliver_all()
    return _Away(pipeline.adapters.state)


@pytest.fixture
def query(state: _Away, pipeline: Pipeline, tmp_path: Path) -> Iterator[TestClient]:
    """Query, for which whatever is not read anew is stale."""
    adapters = Adapters(state, pipeline.adapters.objects, pipeline.publisher)  # type: ignore[arg-type]
    options: dict[str, Any] = {"runtime": "embedded", "data_dir": tmp_path, "cache_dir": tmp_path / "cache"}
    with TestClient(build_query(adapters, QuerySettings(staleness_ms=0, **options))) as client:
        yield client


def test_an_answer_while_the_state_store_is_away_says_how_old_it_is(state: _Away, query: TestClient) -> None:
    """The same matches, with `stale` and `age_ms`; one that must not be stale is refused."""
    fresh = query.post("/v1/collections/c/query", json=SEARCH).json()
    state.is_away = True

    stale = query.post("/v1/collections/c/query", json=SEARCH).json()
    fetched = query.post("/v1/collections/c/fetch", json={"ids": ["a"]}).json()
    strong = query.post("/v1/collections/c/query", json={**SEARCH, "consistency": "strong"})

    assert not {"stale", "age_ms"} & set(fresh)
    for answer in (stale, fetched):
        assert answer["stale"] is True
        assert isinstance(answer["age_ms"], int)
        assert 0 <= answer["age_ms"] <= 60_000
    assert fresh["matches"] == stale["matches"]
    assert 503 == strong.status_code


def test_the_log_line_names_the_cache_that_answered(query: TestClient) -> None:
    """As the body does; for an answer that the caller has already, that it was the caller's."""
    lines = io.StringIO()
    neighbors = "/v1/collections/c/records/a/neighbors"
    log_to(lines)
    try:
        told = [query.post("/v1/collections/c/query", json=SEARCH).json()["cache"] for _ in range(2)]
        etag = query.get(neighbors).headers["etag"]
        again = query.get(neighbors, headers={"If-None-Match": etag})
    finally:
        log_to(None)

    logged = [orjson.loads(line) for line in lines.getvalue().splitlines()]
    caches = [line["cache"] for line in logged if line["message"] == "request"]
    assert (told, 304) == (caches[:2], again.status_code)
    assert "answer" == told[1]
    assert "caller" == caches[3]


def test_an_answer_from_an_older_version_says_which(pipeline: Pipeline, query: TestClient) -> None:
    """Where the current manifest is damaged: `partial`, and what is shown instead; a strong read is refused by name."""
    pipeline.upsert({"b": (2, 2)})
    pipeline.deliver(pipeline.taken("mutations"))
    objects = pipeline.adapters.objects
    name = max(info.name for info in objects.list("collections/c/") if "/manifests/" in info.name)
    objects.put(name, b"{}")

    answer = query.post("/v1/collections/c/query", json=SEARCH).json()
    strong = query.post("/v1/collections/c/query", json={**SEARCH, "consistency": "strong"})
    described = query.get("/v1/collections/c").json()

    (damaged,) = answer["damaged_manifests"]
    assert ["a"] == [match["id"] for match in answer["matches"]]
    assert (True, f"0:{damaged['shown_version']}") == (answer["partial"], answer["version"])
    assert damaged["version"] > damaged["shown_version"]
    assert (500, "corrupt object") == (strong.status_code, strong.json()["title"])
    assert (1, answer["damaged_manifests"]) == (described["records"], described["damaged_manifests"])
