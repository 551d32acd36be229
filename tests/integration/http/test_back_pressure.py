"""Writes while too much waits to be committed."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from functions.ingest.back_pressure import BackPressure
from functions.ingest.settings import IngestSettings
from functions.ingest.wiring import build as build_ingest
from shared.adapters.backlogs import SUBSCRIPTION, open_backlog
from shared.adapters.embedded.broker import SqliteBroker
from shared.adapters.embedded.topology_subscriptions import subscription_configs
from shared.adapters.opening import Adapters
from shared.adapters.platform import PlatformSettings
from shared.errors import DependencyUnavailable
from shared.ports.backlog import Backlog
from shared.topology import load_topology
from tests.fakes.clock import FrozenClock
from tests.fakes.objects import InMemoryObjects
from tests.fakes.publisher import RecordingPublisher
from tests.fakes.state import InMemoryState

_RECORD = {"records": [{"id": "a", "vector": [1, 0, 0]}]}


class Measured:
    """A backlog that a test sets; None where it cannot be measured."""

    def __init__(self) -> None:
        self.backlog: Backlog | None = Backlog(0, 0, 0.0)

    def measure(self) -> Backlog:
        """As the port."""
        if self.backlog is None:
            raise DependencyUnavailable("Cloud Monitoring is away")
        return self.backlog


@pytest.fixture
def measured() -> Measured:
    """The backlog of this test."""
    return Measured()


@pytest.fixture
def post(tmp_path: Path, measured: Measured) -> Any:
    """Sends to collection `words` of an ingest that looks at the backlog each time."""
    clock, publisher = FrozenClock(), RecordingPublisher()
    adapters = Adapters(InMemoryState(clock=clock), InMemoryObjects(clock=clock), publisher, clock)
    settings = IngestSettings(
        runtime="embedded", data_dir=tmp_path, backlog_max_messages=100, backlog_looked_at_every_s=1e-9
    )
    with TestClient(build_ingest(adapters, back_pressure=BackPressure(measured, settings, patience_s=60.0))) as client:
        client.put("/v1/collections/words", json={"dimension": 3})
        yield lambda action, body: client.post(f"/v1/collections/words/{action}", json=body)


Post = Callable[[str, Any], Any]


def test_writes_are_refused_above_the_bound_and_taken_again_well_below(post: Post, measured: Measured) -> None:
    """The refusal says what waits, what is allowed and when to come again."""
    taken = post("upsert", _RECORD)
    measured.backlog = Backlog(101, 4_000, 2.0)
    refused, update = post("upsert", _RECORD), post("update", {"records": [{"id": "a", "attributes": {"n": 1}}]})
    measured.backlog = Backlog(99, 4_000, 2.0)
    still = post("upsert", _RECORD)
    measured.backlog = Backlog(50, 4_000, 2.0)
    again = post("upsert", _RECORD)

    assert [202, 503, 503, 503, 202] == [each.status_code for each in (taken, refused, update, still, again)]
    problem = refused.json()
    assert problem["type"].endswith("/backlog_full")
    assert "101 requests wait to be committed, allowed: 100; taken again below 50%" in problem["detail"]
    assert int(refused.headers["Retry-After"]) >= 1


def test_deletes_and_erasures_are_taken_all_the_same(post: Post, measured: Measured) -> None:
    """A right to be forgotten does not wait for a bulk load."""
    measured.backlog = Backlog(100_000, 0, 0.0)

    deleted, erased = post("delete", {"ids": ["a"]}), post("delete", {"ids": ["a"], "erase": True})

    assert [202, 202] == [deleted.status_code, erased.status_code]


def test_a_backlog_that_cannot_be_measured_refuses_nothing(post: Post, measured: Measured) -> None:
    """A monitoring service that is away does not stop writes."""
    measured.backlog = None

    assert 202 == post("upsert", _RECORD).status_code


def test_embedded_the_queue_itself_is_measured(tmp_path: Path) -> None:
    """What was accepted and not acknowledged, by number, bytes and age."""
    clock = FrozenClock()
    adapters = Adapters(
        InMemoryState(clock=clock),
        InMemoryObjects(clock=clock),
        SqliteBroker(tmp_path / "queue.db", subscription_configs(load_topology(), {}), clock=clock),
        clock,
    )
    backlog = open_backlog(PlatformSettings(runtime="embedded", data_dir=tmp_path), clock)
    assert backlog is not None
    before = backlog.measure()
    with TestClient(build_ingest(adapters)) as client:
        client.put("/v1/collections/words", json={"dimension": 3})
        for _ in range(3):
            client.post("/v1/collections/words/upsert", json=_RECORD)
    clock.advance(timedelta(seconds=7))

    after = backlog.measure()

    assert before == Backlog(0, 0, 0.0)
    assert (3, 7.0) == (after.messages, after.oldest_s)
    assert 300 < after.size_bytes < 3_000
    assert SUBSCRIPTION in load_topology().subscriptions
