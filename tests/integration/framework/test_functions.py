"""Each function through functions-framework itself, on embedded adapters named by the environment."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import functions_framework
import functions_framework.aio
import orjson
import pytest
from starlette.testclient import TestClient
from werkzeug.test import Client

from functions.budget_enforcement import wiring as budget_wiring
from functions.index_update import wiring as index_update_wiring
from functions.ingest import wiring as ingest_wiring
from functions.query import wiring as query_wiring
from shared.adapters.embedded.broker import SqliteBroker
from shared.adapters.embedded.dispatcher import Dispatcher
from shared.adapters.embedded.received_message import ReceivedMessage
from shared.adapters.embedded.state import SqliteState
from shared.budget.documents import LEDGER, Budgets
from shared.budget.limits import Limits
from shared.events.codec import to_message
from shared.events.crowds import SpendDueV1
from shared.ports.clock import SystemClock

_FUNCTIONS = Path(__file__).parents[3] / "functions"


@dataclass
class Framework:
    """The three functions as the framework serves them, and the messages waiting for index update."""

    ingest: TestClient
    query: TestClient
    index_update: Client
    data_dir: Path

    def waiting(self) -> list[ReceivedMessage]:
        """Take what the broker would push, without acknowledging it to anyone but the test."""
        received: list[ReceivedMessage] = []
        dispatcher = Dispatcher(SqliteBroker(self.data_dir / "queue.db"), lambda _, message: received.append(message))
        dispatcher.start()
        dispatcher.drain(10)
        dispatcher.stop()
        return received


@pytest.fixture
def framework(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Framework]:
    """Functions started as deployed: nothing but environment variables."""
    monkeypatch.setenv("SWELL_RUNTIME", "embedded")
    monkeypatch.setenv("SWELL_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("SWELL_CACHE_DIR", str(tmp_path / "cache"))
    caches = (ingest_wiring.app, query_wiring.app, index_update_wiring.consumer)
    for cache in caches:
        cache.cache_clear()
    ingest, query = _client("ingest"), _client("query")
    wsgi = functions_framework.create_app("index_update", str(_FUNCTIONS / "index_update" / "main.py"), "cloudevent")
    with ingest, query:
        yield Framework(ingest, query, wsgi.test_client(), tmp_path)
    for cache in caches:
        cache.cache_clear()


def _client(function: str) -> TestClient:
    """An HTTP function, called from this machine: embedded, that needs no key."""
    app = functions_framework.aio.create_asgi_app(function, str(_FUNCTIONS / function / "main.py"))
    return TestClient(app, base_url="http://127.0.0.1", client=("127.0.0.1", 50_000))


def _push(message: ReceivedMessage) -> dict[str, object]:
    """The body that a push subscription sends."""
    return {
        "subscription": "projects/p/subscriptions/s",
        "message": {
            "data": base64.b64encode(message.data).decode(),
            "attributes": dict(message.attributes),
            "messageId": message.message_id,
            "publishTime": message.published_at.isoformat(),
        },
    }


def test_a_write_passes_through_all_three_functions(framework: Framework) -> None:
    """Ingest answers 202, a raw push to index update is acknowledged with 200, and query finds the record."""
    framework.ingest.put("/v1/collections/words", json={"dimension": 2})
    accepted = framework.ingest.post("/v1/collections/words/upsert", json={"records": [{"id": "a", "vector": [1, 2]}]})

    (message,) = framework.waiting()
    pushed = framework.index_update.post("/projects/p/topics/mutations", json=_push(message))
    again = framework.index_update.post("/projects/p/topics/mutations", json=_push(message))
    found = framework.query.post("/v1/collections/words/query", json={"vector": [1, 2], "consistency": "strong"})

    assert (202, 200, 200) == (accepted.status_code, pushed.status_code, again.status_code)
    assert [("a", "0:1")] == [(match["id"], found.json()["version"]) for match in found.json()["matches"]]


def test_an_eventarc_delivery_is_taken_like_a_raw_push(framework: Framework) -> None:
    """Binary-mode CloudEvents around the same body give the same result."""
    framework.ingest.put("/v1/collections/words", json={"dimension": 2})
    framework.ingest.post("/v1/collections/words/upsert", json={"records": [{"id": "a", "vector": [1, 2]}]})
    (message,) = framework.waiting()
    headers = {
        "ce-id": "7",
        "ce-type": "google.cloud.pubsub.topic.v1.messagePublished",
        "ce-source": "//pubsub.googleapis.com/projects/p/topics/mutations",
        "ce-specversion": "1.0",
    }

    answer = framework.index_update.post("/", json=_push(message), headers=headers)

    assert 200 == answer.status_code
    assert 1 == framework.query.get("/v1/collections/words").json()["records"]


def test_a_malformed_push_is_acknowledged_and_a_broken_store_is_not(
    framework: Framework, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What no retry can mend ends with 200 and is parked; what a retry can mend ends with 500 and comes again."""
    junk = {"subscription": "s", "message": {"data": base64.b64encode(b"junk").decode(), "messageId": "1"}}
    parked = framework.index_update.post("/", json=junk)
    framework.ingest.put("/v1/collections/words", json={"dimension": 2})
    framework.ingest.post("/v1/collections/words/upsert", json={"records": [{"id": "a", "vector": [1, 2]}]})
    (message,) = framework.waiting()
    (framework.data_dir / "objects").rename(framework.data_dir / "gone")
    (framework.data_dir / "objects").write_text("not a directory")

    broken = framework.index_update.post("/", json=_push(message))

    assert 200 == parked.status_code
    dead = SqliteBroker(framework.data_dir / "queue.db").dead_letters("index_update.mutations.dead")
    assert 1 == len(dead)
    assert 500 == broken.status_code


def test_errors_and_health_pass_through_the_framework(framework: Framework) -> None:
    """Problem documents and health answers reach the client as the function made them."""
    missing = framework.query.get("/v1/collections/nothere")
    health = [framework.query.get("/health"), framework.ingest.get("/ready")]

    assert (404, "application/problem+json") == (missing.status_code, missing.headers["content-type"])
    assert [200, 200] == [answer.status_code for answer in health]


def test_a_push_from_elsewhere_is_refused(framework: Framework) -> None:
    """Embedded, only this machine pushes: others get 401, and nothing is parked or committed."""
    framework.ingest.put("/v1/collections/words", json={"dimension": 2})
    framework.ingest.post("/v1/collections/words/upsert", json={"records": [{"id": "a", "vector": [1, 2]}]})
    (message,) = framework.waiting()

    refused = framework.index_update.post(
        "/projects/p/topics/mutations", json=_push(message), environ_base={"REMOTE_ADDR": "203.0.113.9"}
    )

    assert 401 == refused.status_code
    assert 0 == framework.query.get("/v1/collections/words").json()["records"]
    assert [] == SqliteBroker(framework.data_dir / "queue.db").dead_letters("index_update.mutations.dead")


def test_a_notification_of_cloud_billing_is_taken_as_google_pushes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is no CloudEvent: no ce-type, its time is that of its message; delivered twice, it counts once."""
    monkeypatch.setenv("SWELL_RUNTIME", "embedded")
    monkeypatch.setenv("SWELL_DATA_DIR", str(tmp_path))
    budget_wiring.consumer.cache_clear()
    pushes = functions_framework.create_app(
        "budget_enforcement", str(_FUNCTIONS / "budget_enforcement" / "main.py"), "cloudevent"
    ).test_client()
    state, now = SqliteState(tmp_path / "state.db"), SystemClock().now()
    Budgets(state).set_limits(Limits(10**9, 10**9, 10**9))
    due = to_message(SpendDueV1(event_id="tick", occurred_at=now))
    tick = ReceivedMessage("1", "spend-ticks", due.data, due.attributes, "", now, 1)
    sent = {
        "budgetDisplayName": "Swell",
        "costAmount": 12.5,
        "costIntervalStart": now.replace(day=1, hour=7, minute=0, second=0, microsecond=0).isoformat(),
        "budgetAmount": 1000,
        "budgetAmountType": "SPECIFIED_AMOUNT",
        "currencyCode": "USD",
    }
    attributes = {"billingAccountId": "01D4EE-079462-DFD6EC", "budgetId": "b", "schemaVersion": "1.0"}
    notice = ReceivedMessage("2", "billing-notices", orjson.dumps(sent), attributes, "", now, 1)

    answers = [pushes.post("/projects/p/topics/t", json=_push(each)) for each in (tick, notice, notice)]

    assert [200] * 3 == [answer.status_code for answer in answers]
    ledger = state.get(LEDGER)
    assert ledger is not None
    assert 12_500_000 == ledger.data["ledger"]["billed"]["micros"]
    budget_wiring.consumer.cache_clear()
