"""Ingest and query over HTTP on in-memory adapters."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from functions.index_update.settings import IndexUpdateSettings
from functions.index_update.wiring import build as build_index_update
from functions.ingest.wiring import build as build_ingest
from functions.query.settings import QuerySettings
from functions.query.wiring import build as build_query
from shared.adapters.opening import Adapters
from shared.ports.state import StateStore
from tests.fakes.clock import FrozenClock
from tests.fakes.objects import InMemoryObjects
from tests.fakes.publisher import RecordingPublisher
from tests.fakes.state import InMemoryState


@dataclass
class Api:
    """Both HTTP functions, and index update at the test's command."""

    ingest: TestClient
    query: TestClient
    publisher: RecordingPublisher
    consumer: Any
    state: StateStore

    def commit(self) -> None:
        """Deliver every accepted write."""
        for message in self.publisher.take("mutations"):
            self.consumer.consume(message.data, message.attributes)

    def declare(self, name: str = "words", **options: Any) -> Any:
        """Declare a collection of dimension 3."""
        return self.ingest.put(f"/v1/collections/{name}", json={"dimension": 3, **options})

    def upsert(self, *records: dict[str, Any], **options: Any) -> Any:
        """Send records to `words`."""
        return self.ingest.post("/v1/collections/words/upsert", json={"records": list(records), **options})

    def search(self, **body: Any) -> Any:
        """Query `words`."""
        return self.query.post("/v1/collections/words/query", json=body)


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    """An API of its own for one test."""
    clock, publisher = FrozenClock(), RecordingPublisher()
    adapters = Adapters(InMemoryState(clock=clock), InMemoryObjects(clock=clock), publisher, clock)
    options: dict[str, Any] = {"runtime": "embedded", "data_dir": tmp_path, "cache_dir": tmp_path / "cache"}
    with (
        TestClient(build_ingest(adapters)) as ingest,
        TestClient(build_query(adapters, QuerySettings(staleness_ms=0, **options))) as query,
    ):
        yield Api(
            ingest, query, publisher, build_index_update(adapters, IndexUpdateSettings(**options)), adapters.state
        )
