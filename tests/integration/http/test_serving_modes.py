"""The table of serving modes, enforced over HTTP."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.domain.serving_mode import SERVING_MODE_DOCUMENT, ServingMode
from shared.domain.tier import Tier
from shared.ports.state import Put
from tests.integration.http.guarded import GuardedApi, guarded_api


@pytest.fixture
def api(tmp_path: Path) -> Iterator[GuardedApi]:
    """An API of its own for one test."""
    with guarded_api(tmp_path) as guarded:
        yield guarded


def _decide(api: GuardedApi, mode: ServingMode) -> None:
    """Before the first request: the instance believes what it has read for seconds."""
    api.state.commit([Put(SERVING_MODE_DOCUMENT, {"mode": int(mode)})])


def test_a_query_gets_what_its_tier_gets_and_says_so(api: GuardedApi) -> None:
    """Recall and top_k are capped, and the answer names the mode, the target and the cap."""
    _decide(api, ServingMode.CRITICAL)
    premium = api.key(tier=Tier.PREMIUM)
    api.declare(premium)
    api.upsert(premium, "a")

    answer = api.send("POST", "/v1/collections/words/query", premium, vector=[1, 2], top_k=500, recall=0.99)

    body = answer.json()
    assert (200, "critical", 0.90, 200) == (
        answer.status_code,
        body["serving_mode"],
        body["recall_target"],
        body["top_k"],
    )
    assert "critical" == answer.headers["swell-serving-mode"]


def test_nothing_changes_while_the_mode_is_normal(api: GuardedApi) -> None:
    """The wish is carried out as it is."""
    free = api.key(tier=Tier.FREE)
    api.declare(free)
    api.upsert(free, "a")

    body = api.send("POST", "/v1/collections/words/query", free, vector=[1, 2], top_k=500, recall=0.99).json()

    assert ("normal", 0.99, False) == (body["serving_mode"], body["recall_target"], "top_k" in body)


@pytest.mark.parametrize("act", ["import", "export", "recall"])
def test_background_work_is_put_off(api: GuardedApi, act: str) -> None:
    """With a reason and a time, and the mode in the refusal."""
    _decide(api, ServingMode.MINOR)
    free = api.key(tier=Tier.FREE)

    answer = api.send("POST", f"/v1/collections/words/{act}", free)

    assert (503, "60", "minor") == (
        answer.status_code,
        answer.headers["retry-after"],
        answer.headers["swell-serving-mode"],
    )
    assert answer.json()["type"].endswith("/background_deferred")


def test_background_work_goes_on_for_tiers_that_keep_it(api: GuardedApi) -> None:
    """Minor takes it from the free tier alone."""
    _decide(api, ServingMode.MINOR)
    standard = api.key(tier=Tier.STANDARD)
    api.declare(standard)
    api.upsert(standard, "a")

    assert 200 == api.send("POST", "/v1/collections/words/recall", standard).status_code
