"""A region is warmed by a search that its query function has to open everything for."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from functions.query.settings import QuerySettings
from functions.query.wiring import build as build_query
from functions.region_sync.warming import WarmCollection
from shared.adapters.opening import Adapters
from shared.coordination.tasks.task import Strategy, Task, TaskKind
from shared.errors import DependencyUnavailable, NotFound
from tests.builders.pipeline import Pipeline
from tests.fakes.clock import FrozenClock
from tests.fakes.objects import InMemoryObjects
from tests.fakes.publisher import RecordingPublisher
from tests.fakes.state import InMemoryState


@pytest.fixture
def pipeline(tmp_path: Path) -> Pipeline:
    """Collection `c` with a record."""
    clock, publisher = FrozenClock(), RecordingPublisher()
    adapters = Adapters(InMemoryState(clock=clock), InMemoryObjects(clock=clock), publisher, clock)
    pipeline = Pipeline(adapters, publisher, tmp_path)
    pipeline.upsert({"a": [1.0, 2.0]})
    pipeline.deliver_all()
    return pipeline


def task(pipeline: Pipeline, collection: str = "c") -> Task:
    """Warm a collection."""
    now = pipeline.adapters.clock.now()
    return Task("t", TaskKind.WARM, collection, 0, None, 5, Strategy.ADAPTIVE, now, now + timedelta(hours=1))


def test_every_segment_is_here_afterwards(pipeline: Pipeline, tmp_path: Path) -> None:
    """The answer says which version is warm."""
    cache = tmp_path / "warm"
    settings = QuerySettings(runtime="embedded", data_dir=tmp_path, cache_dir=cache, staleness_ms=0)
    with TestClient(build_query(pipeline.adapters, settings)) as query:

        def post(url: str, body: bytes, headers: Mapping[str, str]) -> bytes:
            content: bytes = query.post(url.removeprefix("http://query"), content=body, headers=dict(headers)).content
            return content

        result = WarmCollection(pipeline.adapters.state, "http://query/", "a-key", post)(task(pipeline))

    assert result["version"]
    assert [path for path in cache.rglob("*") if path.is_file()]


def test_what_does_not_answer_is_tried_again_and_what_does_not_exist_is_not(pipeline: Pipeline) -> None:
    """A port that nobody listens on."""
    warm = WarmCollection(pipeline.adapters.state, "http://127.0.0.1:9", None)

    with pytest.raises(DependencyUnavailable):
        warm(task(pipeline))
    with pytest.raises(NotFound):
        warm(task(pipeline, "nothing"))
