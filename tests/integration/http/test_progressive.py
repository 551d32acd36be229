"""Progressive answers over Server-Sent Events."""

from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
from starlette.testclient import TestClient

from functions.query.progressive import ProgressiveRoutes
from shared.domain.serving_mode import SERVING_MODE_DOCUMENT, ServingMode
from shared.domain.tier import Tier
from shared.errors import DependencyUnavailable
from shared.http import UNGUARDED, HttpFunction
from shared.index.answers import Answer, Match
from shared.ports.state import Put
from shared.reads.service import Found, Read, Search
from shared.reads.snapshots import OpenCollection
from tests.builders.manifests import collection
from tests.fakes.monotonic import ManualSeconds
from tests.integration.http.conftest import Api
from tests.integration.http.guarded import guarded_api

_PATH = "/v1/collections/words/stream"


def events_of(text: str) -> list[tuple[str, dict[str, Any]]]:
    """Names and data of a whole stream."""
    events = []
    for block in text.strip().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines())
        events.append((fields["event"], {**orjson.loads(fields["data"]), "_id": fields.get("id")}))
    return events


class _StagedReads:
    """Answers what is asked, expecting no more than was asked for; `failing` fails the second time."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.asked: list[float] = []
        self._failure = failure

    def search(self, read: Read, search: Search, opened: OpenCollection | None = None) -> Found:
        self.asked.append(search.recall)
        if len(self.asked) > 1 and self._failure:
            raise self._failure
        answer = Answer([[Match(f"at {search.recall}", 1.0)]], "sketch", search.recall, search.recall)
        return Found(answer, opened or OpenCollection(collection(), ()))


def _staged(reads: Any, clock: ManualSeconds | None = None) -> TestClient:
    routes = ProgressiveRoutes(reads, 0.0, monotonic_s=clock or ManualSeconds()).routes()
    return TestClient(HttpFunction("query", routes, ready=lambda: None, middleware=UNGUARDED))


def test_a_quick_answer_comes_first_and_the_refined_one_replaces_it() -> None:
    """Ids say which answer stands; the last event names it."""
    reads = _StagedReads()

    events = events_of(_staged(reads).post(_PATH, json={"vector": [1, 2], "recall": 0.9}).text)

    assert ["answer", "answer", "done"] == [name for name, _ in events]
    (_, quick), (_, refined), (_, done) = events
    assert ("1", "quick", 0.5) == (quick["_id"], quick["stage"], quick["recall_expected"])
    assert ("2", "refined", "1", 0.9) == (
        refined["_id"],
        refined["stage"],
        refined["replaces"],
        refined["recall_expected"],
    )
    assert "2" == done["answer"]
    assert [0.5, 0.9] == reads.asked


def test_a_quick_answer_that_is_good_enough_is_the_only_one(api: Api) -> None:
    """A small collection is searched exactly at once."""
    api.declare()
    api.upsert({"id": "a", "vector": [1, 0, 0]})
    api.commit()

    answer = api.query.post(_PATH, json={"vector": [1, 0, 0]})

    assert answer.headers["content-type"].startswith("text/event-stream")
    assert ["answer", "done"] == [name for name, _ in events_of(answer.text)]
    assert ["a"] == [match["id"] for match in events_of(answer.text)[0][1]["matches"]]


def test_what_is_wrong_before_the_first_answer_is_an_error_answer(api: Api) -> None:
    """No stream begins for a collection that is not there, or for a body that says nothing."""
    missing = api.query.post(_PATH, json={"vector": [1, 0, 0]})
    api.declare()
    empty = api.query.post(_PATH, json={})

    assert [(404, "application/problem+json"), (400, "application/problem+json")] == [
        (answer.status_code, answer.headers["content-type"]) for answer in (missing, empty)
    ]


def test_what_goes_wrong_later_is_an_error_event() -> None:
    """With problem details; no `done` follows."""
    reads = _StagedReads(DependencyUnavailable("the object store is away"))

    events = events_of(_staged(reads).post(_PATH, json={"vector": [1, 2]}).text)

    assert ["answer", "error"] == [name for name, _ in events]
    assert (503, "https://swell.dev/problems/dependency_unavailable") == (events[1][1]["status"], events[1][1]["type"])


def test_a_deadline_ends_the_stream_with_what_there_is() -> None:
    """Past `timeout_ms` nothing more is searched."""
    clock = ManualSeconds()
    reads = _StagedReads()
    answer_slowly = reads.search

    def search(read: Read, search: Search, opened: OpenCollection | None = None) -> Found:
        clock.advance(10.0)
        return answer_slowly(read, search, opened)

    reads.search = search  # type: ignore[method-assign]

    events = events_of(_staged(reads, clock).post(_PATH, json={"vector": [1, 2], "timeout_ms": 100}).text)

    assert ["answer", "error"] == [name for name, _ in events]
    assert events[1][1]["type"].endswith("/deadline_exceeded")
    assert 1 == len(reads.asked)


@pytest.mark.parametrize("mode", [ServingMode.CRITICAL, ServingMode.EMERGENCY])
def test_no_stream_begins_where_the_mode_holds_them(tmp_path: Path, mode: ServingMode) -> None:
    """Held and closed are the same for what is new."""
    with guarded_api(tmp_path) as api:
        api.state.commit([Put(SERVING_MODE_DOCUMENT, {"mode": int(mode)})])
        premium = api.key(tier=Tier.PREMIUM)

        answer = api.send("POST", _PATH, premium, vector=[1, 2])

    assert (503, True) == (answer.status_code, answer.json()["type"].endswith("/streams_held"))


def test_a_large_collection_is_answered_twice_and_the_second_is_right(api: Api) -> None:
    """The refined answer is the one a plain query gives."""
    api.declare()
    vectors = np.random.default_rng(1).normal(size=(3000, 3)).tolist()
    for start in range(0, 3000, 1000):
        api.upsert(*({"id": f"r{start + n}", "vector": v} for n, v in enumerate(vectors[start : start + 1000])))
    api.commit()

    events = events_of(api.query.post(_PATH, json={"vector": [1, 0, 0], "recall": 1.0}).text)
    plain = api.search(vector=[1, 0, 0], recall=1.0).json()

    answers = [data for name, data in events if name == "answer"]
    assert plain["matches"] == answers[-1]["matches"]
    assert 1.0 == answers[-1]["recall_expected"]
