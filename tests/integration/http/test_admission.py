"""Admission over HTTP: rates, shares and refusals as a client sees them."""

import io
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from shared.domain.rate_limit import RateLimit
from shared.domain.serving_mode import SERVING_MODE_DOCUMENT, ServingMode
from shared.domain.tier import Tier
from shared.ports.state import Put
from shared.telemetry import log_to
from tests.integration.http.guarded import GuardedApi, guarded_api


@pytest.fixture
def api(tmp_path: Path) -> Iterator[GuardedApi]:
    """An API of its own for one test."""
    with guarded_api(tmp_path) as guarded:
        yield guarded


def test_a_key_that_asks_too_much_is_told_when_to_come_again(api: GuardedApi) -> None:
    """429 with `Retry-After` for that key; another of the same tenant goes on."""
    slow, other = api.key(rate=RateLimit(0.01, 2)), api.key()
    api.declare(other)
    api.upsert(other, "a")

    answers = [api.search(slow) for _ in range(3)]

    assert [200, 200, 429] == [answer.status_code for answer in answers]
    assert "https://swell.dev/problems/rate_limited" == answers[2].json()["type"]
    assert 90 <= int(answers[2].headers["retry-after"]) <= 100
    assert 200 == api.search(other).status_code


def test_health_is_free(api: GuardedApi) -> None:
    """However much was asked."""
    assert [200] * 50 == [api.query.get("/health").status_code for _ in range(50)]


def test_a_mode_lets_in_a_share_of_each_tier(api: GuardedApi) -> None:
    """Critical: nothing of free, half of standard, all of premium; 503 with `Retry-After`."""
    api.state.commit([Put(SERVING_MODE_DOCUMENT, {"mode": int(ServingMode.CRITICAL)})])
    premium = api.key(tier=Tier.PREMIUM)
    api.declare(premium)
    api.upsert(premium, "a")

    statuses = {}
    for tier in Tier:
        key = api.key(tier=tier)
        statuses[tier] = [api.search(key).status_code for _ in range(4)]

    assert {Tier.FREE: [503] * 4, Tier.STANDARD: [503, 200] * 2, Tier.PREMIUM: [200] * 4} == statuses
    refusal = api.search(api.key(tier=Tier.FREE))
    assert ("10", "https://swell.dev/problems/shed") == (refusal.headers["retry-after"], refusal.json()["type"])


def test_operators_are_let_in_in_every_mode(api: GuardedApi) -> None:
    """What needs the scope admin is answered while the same key's searches are not: who else ends an emergency."""
    api.state.commit([Put(SERVING_MODE_DOCUMENT, {"mode": int(ServingMode.EMERGENCY)})])
    standard = api.key(tier=Tier.STANDARD)

    api.declare(standard)

    assert api.search(standard).status_code == 503


def test_an_unknown_priority_is_a_clear_error(api: GuardedApi) -> None:
    """400 that names the header."""
    answer = api.search({**api.key(), "Swell-Priority": "urgent"})

    assert (400, "Swell-Priority") == (answer.status_code, answer.json()["errors"][0]["field"])


def test_refusals_are_logged_together(api: GuardedApi) -> None:
    """Fifty refusals within a second are no fifty lines."""
    key = api.key(rate=RateLimit(0.01, 1))
    sink = io.StringIO()
    log_to(sink)
    try:
        for _ in range(50):
            api.search(key)
    finally:
        log_to(None)

    lines = [orjson.loads(line) for line in sink.getvalue().splitlines()]
    assert 1 == sum(line["message"] == "request" for line in lines)


def test_refused_requests_leave_no_place_taken(api: GuardedApi) -> None:
    """More requests that end in every way than there are places: afterwards it still answers."""
    key = api.key()
    api.declare(key)
    api.upsert(key, "a")
    for _ in range(80):
        assert 400 == api.send("POST", "/v1/collections/words/query", key, top_k=1).status_code
        assert 404 == api.search(key, "nothing").status_code

    assert 200 == api.search(key).status_code
