"""Ingest and query behind their edge, on in-memory adapters, with keys of several tenants."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from starlette.testclient import TestClient

from functions.index_update.settings import IndexUpdateSettings
from functions.index_update.wiring import build as build_index_update
from functions.ingest.wiring import build as build_ingest
from functions.query.settings import QuerySettings
from functions.query.wiring import build as build_query
from shared.adapters.opening import Adapters
from shared.auth.key_record import Grant
from shared.auth.key_store import KeyStore
from shared.auth.scope import Scope
from shared.edge import EdgeSettings, open_edge
from tests.fakes.clock import FrozenClock
from tests.fakes.objects import InMemoryObjects
from tests.fakes.publisher import RecordingPublisher
from tests.fakes.state import InMemoryState


@dataclass
class GuardedApi:
    """Both HTTP functions as they are deployed."""

    ingest: TestClient
    query: TestClient
    state: InMemoryState
    keys: KeyStore
    publisher: RecordingPublisher
    consumer: Any
    texts: list[str] = field(default_factory=list)

    def key(self, tenant: str = "acme", *scopes: Scope, **options: Any) -> dict[str, str]:
        """The headers that carry a new key; without scopes, one with all of them."""
        grant = Grant("test", frozenset(scopes or Scope), tenant, **options)
        _, text = self.keys.create(grant, by="test")
        self.texts.append(text)
        return {"Authorization": f"Bearer {text}"}

    def send(self, method: str, path: str, headers: dict[str, str] | None = None, **body: Any) -> httpx.Response:
        """One request to the function that serves the path."""
        reads = method == "GET" or path.endswith(("/query", "/fetch", "/recall", "/stream"))
        client = self.query if reads else self.ingest
        answer: httpx.Response = client.request(method, path, headers=headers, json=body or None)
        return answer

    def declare(self, headers: dict[str, str], name: str = "words") -> httpx.Response:
        """Declare a collection of dimension 2."""
        return self.send("PUT", f"/v1/collections/{name}", headers, dimension=2)

    def upsert(self, headers: dict[str, str], record_id: str, name: str = "words") -> httpx.Response:
        """Store one record."""
        body = {"records": [{"id": record_id, "vector": [1, 2]}]}
        answer = self.send("POST", f"/v1/collections/{name}/upsert", headers, **body)
        for message in self.publisher.take("mutations"):
            self.consumer.consume(message.data, message.attributes)
        return answer

    def search(self, headers: dict[str, str] | None, name: str = "words") -> httpx.Response:
        """Search for the record that is everywhere."""
        return self.send("POST", f"/v1/collections/{name}/query", headers, vector=[1, 2])


@contextmanager
def guarded_api(directory: Path, **settings: Any) -> Iterator[GuardedApi]:
    """An API whose callers are on another machine, unless `TestClient` is told otherwise."""
    clock, publisher = FrozenClock(), RecordingPublisher()
    adapters = Adapters(InMemoryState(clock=clock), InMemoryObjects(clock=clock), publisher, clock)
    options: dict[str, Any] = {"runtime": "embedded", "data_dir": directory, "cache_dir": directory / "cache"}
    edge = open_edge(adapters, EdgeSettings(**(options | settings)))
    query_settings = QuerySettings(staleness_ms=0, **options)
    with (
        TestClient(build_ingest(adapters, edge.layers), client=("192.0.2.1", 1)) as ingest,
        TestClient(build_query(adapters, query_settings, edge), client=("192.0.2.1", 1)) as query,
    ):
        consumer = build_index_update(adapters, IndexUpdateSettings(**options))
        assert isinstance(adapters.state, InMemoryState)
        yield GuardedApi(ingest, query, adapters.state, KeyStore(adapters.state, clock), publisher, consumer)
