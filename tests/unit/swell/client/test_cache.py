"""Answers that the client keeps."""

from typing import Any

import httpx
import pytest

from swell.client import AnswerCache, CacheCounts, RequestReport, Swell
from tests.unit.swell.client.recorded_server import AT_ONCE, RecordedServer, ok


def _answer(version: str, **more: Any) -> httpx.Response:
    facts = {"version": version, "method": "exact", "recall_target": 1.0, "took_ms": 1.0, **more}
    return ok({"matches": [{"id": version, "score": 1.0}], **facts})


def _client(server: RecordedServer, cache: AnswerCache, reports: list[RequestReport] | None = None) -> Swell:
    on_request = None if reports is None else reports.append
    return Swell(
        "http://swell.test",
        retries=AT_ONCE,
        cache=cache,
        on_request=on_request,
        http_transport=httpx.MockTransport(server),
    )


def test_the_same_query_is_answered_from_the_cache_and_counted() -> None:
    """Another query is not the same; a program's hook learns which was which."""
    server, cache, reports = RecordedServer(_answer("0:1")), AnswerCache(ttl_s=60), list[RequestReport]()
    words = _client(server, cache, reports).collection("words")

    words.query([1, 0])
    words.query([1, 0])
    words.query([1, 0], top_k=3)

    assert (2, CacheCounts(hits=1, misses=2)) == (len(server.requests), cache.counts)
    assert [("miss", 200, 1), ("hit", None, 0), ("miss", 200, 1)] == [
        (report.cache, report.status, report.attempts) for report in reports
    ]


@pytest.mark.parametrize(
    "fresh",
    [{"consistency": "strong"}, {"consistency": "bounded", "max_staleness_ms": 100}, {"min_version": "0:1"}],
    ids=["strong", "bounded", "min_version"],
)
def test_who_says_how_new_the_answer_must_be_gets_it_from_the_server(fresh: dict[str, Any]) -> None:
    """A kept answer is older than it was."""
    server = RecordedServer(_answer("0:1"))
    words = _client(server, AnswerCache(ttl_s=60)).collection("words")

    words.query([1, 0])
    words.query([1, 0], **fresh)

    assert 2 == len(server.requests)


def test_an_answer_of_an_older_version_is_not_given_again() -> None:
    """Another query that saw a newer version ends what was kept of the older one."""
    server = RecordedServer(_answer("0:1"), _answer("0:2"))
    words = _client(server, AnswerCache(ttl_s=60)).collection("words")

    words.query([1, 0])
    words.query([0, 1])

    assert ["0:2"] == words.query([1, 0]).ids


def test_a_write_ends_what_was_kept_of_its_collection() -> None:
    """The client does not hide its own write from itself."""
    server = RecordedServer(_answer("0:1"), ok({"accepted": 1}), _answer("0:2"))
    words = _client(server, AnswerCache(ttl_s=60)).collection("words")

    words.query([1, 0])
    words.delete(["a"])

    assert ["0:2"] == words.query([1, 0]).ids


def test_stale_and_partial_answers_are_not_kept_and_no_answer_outlives_its_time() -> None:
    """What is older than usual already does not get older here."""
    now = [0.0]
    cache = AnswerCache(ttl_s=1, monotonic_s=lambda: now[0])
    server = RecordedServer(_answer("0:1", stale=True), _answer("0:1", partial=True), _answer("0:1"))
    words = _client(server, cache).collection("words")

    for _ in range(4):
        words.query([1, 0])
    assert 3 == len(server.requests)
    now[0] = 1.5
    words.query([1, 0])

    assert 4 == len(server.requests)
