"""`GET …/neighbors`: an answer that caches may keep, and no longer than stated."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.auth.scope import Scope
from shared.domain.serving_mode import SERVING_MODE_DOCUMENT, ServingMode
from shared.domain.tier import Tier
from shared.ports.state import Put
from tests.integration.http.guarded import GuardedApi, guarded_api

PATH = "/v1/collections/words/records/a/neighbors"


@pytest.fixture
def api(tmp_path: Path) -> Iterator[GuardedApi]:
    """An API of its own for one test."""
    with guarded_api(tmp_path) as guarded:
        yield guarded


@pytest.fixture
def key(api: GuardedApi) -> dict[str, str]:
    """A key whose tenant has three records."""
    headers = api.key()
    api.declare(headers)
    for record_id in "abc":
        api.upsert(headers, record_id)
    return headers


def test_neighbors_are_found_without_the_record_itself(api: GuardedApi, key: dict[str, str]) -> None:
    """As by `query` with an id, with what a cache needs to know."""
    answer = api.send("GET", f"{PATH}?top_k=2", key)

    assert ["b", "c"] == [match["id"] for match in answer.json()["matches"]]
    assert "private, max-age=10, stale-while-revalidate=20" == answer.headers["cache-control"]
    assert "Authorization, Accept-Encoding" == answer.headers["vary"]


def test_asking_again_costs_no_answer_until_something_is_written(api: GuardedApi, key: dict[str, str]) -> None:
    """304 for the tag of the version; after a commit the new answer, with another tag."""
    first = api.send("GET", PATH, key)
    again = api.send("GET", PATH, {**key, "If-None-Match": first.headers["etag"]})
    api.upsert(key, "d")
    after = api.send("GET", PATH, {**key, "If-None-Match": first.headers["etag"]})

    assert (304, b"", first.headers["etag"]) == (again.status_code, again.content, again.headers["etag"])
    assert (200, True) == (after.status_code, after.headers["etag"] != first.headers["etag"])
    assert {"b", "c", "d"} == {match["id"] for match in after.json()["matches"]}


def test_a_repeated_question_is_answered_from_the_instance_until_a_commit(api: GuardedApi, key: dict[str, str]) -> None:
    """The cache is keyed by the version: never an answer from before a commit that the read must see."""
    body = {"vector": [1, 2], "top_k": 5}
    sources, counts = [], []
    for write in (None, None, "d", None):
        if write:
            api.upsert(key, write)
        answer = api.send("POST", "/v1/collections/words/query", key, **body).json()
        sources.append(answer["cache"])
        counts.append(len(answer["matches"]))

    assert [3, 3, 4, 4] == counts
    assert ["answer", "answer"] == [sources[1], sources[3]]
    assert "answer" != sources[2]
    levels = api.send("GET", "/v1/collections/words", key).json()["answer_cache"]["levels"]
    assert 0.5 == levels["L4"]["hit_rate"]


def test_a_tag_of_another_tenant_is_worth_nothing(api: GuardedApi, key: dict[str, str]) -> None:
    """It is a 404 as if there were nothing."""
    tag = api.send("GET", PATH, key).headers["etag"]

    assert 404 == api.send("GET", PATH, {**api.key("other"), "If-None-Match": tag}).status_code


@pytest.mark.parametrize(
    ("parameters", "field"), [("top_k=0", "top_k"), ("limit=3", "limit"), ("top_k=1&top_k=2", "'top_k'")]
)
def test_wrong_parameters_are_named(api: GuardedApi, key: dict[str, str], parameters: str, field: str) -> None:
    """As fields of a body are."""
    answer = api.send("GET", f"{PATH}?{parameters}", key)

    assert (400, field) == (answer.status_code, answer.json()["errors"][0]["field"])


def test_a_mode_lengthens_what_caches_may_keep(api: GuardedApi) -> None:
    """By its factor, up to a minute; and it is another answer, so another tag."""
    api.state.commit([Put(SERVING_MODE_DOCUMENT, {"mode": int(ServingMode.CRITICAL)})])
    premium = api.key("acme", Scope.READ, Scope.WRITE, Scope.ADMIN, tier=Tier.PREMIUM)
    api.declare(premium)
    api.upsert(premium, "a")

    answer = api.send("GET", f"{PATH}?top_k=900", premium)

    assert "private, max-age=50, stale-while-revalidate=60" == answer.headers["cache-control"]
    assert (200, "critical") == (answer.json()["top_k"], answer.json()["serving_mode"])
