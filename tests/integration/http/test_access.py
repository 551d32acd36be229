"""Who may do what, and who sees what, through the HTTP functions as deployed."""

import asyncio
import io
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from shared.auth.scope import PUBLIC_PATHS, Scope
from shared.ports.state import Document
from shared.telemetry import log_to
from shared.topology import load_topology
from tests.integration.http.guarded import GuardedApi, guarded_api

ROUTES = [
    (route.method, route.path.replace("{collection}", "words").replace("{operation}", "some"))
    for name in ("ingest", "query")
    for route in load_topology().functions[name].routes
    if route.path not in PUBLIC_PATHS
]


@pytest.fixture
def api(tmp_path: Path) -> Iterator[GuardedApi]:
    """An API of its own for one test."""
    with guarded_api(tmp_path) as guarded:
        yield guarded


def _same(one: httpx.Response, other: httpx.Response) -> bool:
    volatile = {"date", "traceparent"}
    headers = [{k: v for k, v in answer.headers.items() if k not in volatile} for answer in (one, other)]
    return (one.status_code, one.content, headers[0]) == (other.status_code, other.content, headers[1])


@pytest.mark.parametrize(("method", "path"), ROUTES)
@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer swl_x"}, {"Authorization": "Basic YTpi"}])
def test_nothing_is_answered_without_a_key(api: GuardedApi, method: str, path: str, headers: dict[str, str]) -> None:
    """Every route of the topology answers 401 with a challenge, before it looks at anything else."""
    answer = api.send(method, path, headers)

    assert (401, "application/problem+json") == (answer.status_code, answer.headers["content-type"])
    assert answer.headers["www-authenticate"].startswith('Bearer realm="swell"')
    assert "unauthenticated" == answer.json()["title"]


def test_unknown_paths_are_refused_like_known_ones(api: GuardedApi) -> None:
    """Who has no key does not learn which paths there are."""
    assert 401 == api.send("GET", "/v1/whatever").status_code
    assert 404 == api.send("GET", "/v1/whatever", api.key()).status_code


def test_health_is_answered_to_everybody(api: GuardedApi) -> None:
    """Probes carry no key."""
    assert [200, 200] == [api.send("GET", path).status_code for path in load_topology().health_paths]


@pytest.mark.parametrize(
    ("scope", "allowed"),
    [(Scope.READ, "query"), (Scope.WRITE, "upsert"), (Scope.ADMIN, "declare")],
    ids=["read", "write", "admin"],
)
def test_a_scope_allows_what_it_names_and_nothing_else(api: GuardedApi, scope: Scope, allowed: str) -> None:
    """Wrong scope: 403, and the challenge names the scope that is missing."""
    api.declare(api.key())
    headers = api.key("acme", scope)

    answers = {"query": api.search(headers), "upsert": api.upsert(headers, "a"), "declare": api.declare(headers)}

    assert {name for name, answer in answers.items() if answer.status_code < 400} == {allowed}
    refused = [answer for name, answer in answers.items() if name != allowed]
    assert [403, 403] == [answer.status_code for answer in refused]
    assert all('error="insufficient_scope"' in answer.headers["www-authenticate"] for answer in refused)


def test_two_tenants_each_have_their_own_words(api: GuardedApi) -> None:
    """The same name is two collections; neither tenant's writes, deletes or lists reach the other's."""
    ann, bob = api.key("acme"), api.key("bell")
    created = [api.declare(ann).status_code, api.declare(bob).status_code]
    api.upsert(ann, "of-ann")
    api.upsert(bob, "of-bob")

    found = [api.search(headers).json()["matches"][0]["id"] for headers in (ann, bob)]
    listed = [api.send("GET", "/v1/collections", headers).json()["collections"] for headers in (ann, bob)]
    api.send("DELETE", "/v1/collections/words", ann)

    assert [201, 201] == created
    assert ["of-ann", "of-bob"] == found
    assert [["words"], ["words"]] == [[one["name"] for one in part] for part in listed]
    assert (404, 200) == (api.search(ann).status_code, api.search(bob).status_code)


def test_the_default_tenant_does_not_see_the_others(api: GuardedApi) -> None:
    """Its names stand beside theirs in the store, and its list has only its own."""
    ann, own = api.key("acme"), api.key("default")
    api.declare(ann, "alpha")
    api.declare(own, "beta")
    api.declare(api.key("zeta"), "gamma")

    listed = api.send("GET", "/v1/collections", own).json()["collections"]

    assert ["beta"] == [one["name"] for one in listed]
    assert 404 == api.search(own, "alpha").status_code


_REQUESTS = [
    ("GET", "/v1/collections/{}", {}),
    ("POST", "/v1/collections/{}/query", {"vector": [1, 2]}),
    ("POST", "/v1/collections/{}/query", {"vector": [1, 2], "consistency": "strong"}),
    ("POST", "/v1/collections/{}/query", {"id": "a"}),
    ("POST", "/v1/collections/{}/fetch", {"ids": ["a"]}),
    ("POST", "/v1/collections/{}/upsert", {"records": [{"id": "a", "vector": [1, 2]}]}),
    ("POST", "/v1/collections/{}/delete", {"ids": ["a"]}),
    ("DELETE", "/v1/collections/{}", {}),
]


@pytest.mark.parametrize(("method", "path", "body"), _REQUESTS)
def test_what_a_key_may_not_see_looks_like_what_does_not_exist(
    api: GuardedApi, method: str, path: str, body: dict[str, object]
) -> None:
    """Another tenant's collection, and one outside the key's prefixes: status, headers and body of a missing one."""
    owner = api.key("acme")
    api.declare(owner, "secret-plans")
    api.upsert(owner, "a", "secret-plans")
    stranger, narrow = api.key("bell"), api.key("acme", prefixes=("open-",))

    missing = api.send(method, path.format("secret-plans"), api.key("empty"), **body)
    of_another_tenant = api.send(method, path.format("secret-plans"), stranger, **body)
    outside_the_prefixes = api.send(method, path.format("secret-plans"), narrow, **body)

    assert 404 == missing.status_code
    assert _same(missing, of_another_tenant)
    assert _same(missing, outside_the_prefixes)
    assert 200 == api.send("GET", "/v1/collections/secret-plans", owner).status_code


@pytest.mark.parametrize(("method", "path", "body"), _REQUESTS)
def test_what_a_key_may_not_see_costs_the_reads_of_what_does_not_exist(
    api: GuardedApi, monkeypatch: pytest.MonkeyPatch, method: str, path: str, body: dict[str, object]
) -> None:
    """The state store is asked as often, for as many documents: there is no time to tell the two apart by."""
    owner, stranger, narrow = api.key("acme"), api.key("bell"), api.key("acme", prefixes=("open-",))
    api.declare(owner, "plans")
    for headers in (owner, stranger, narrow):
        api.send("GET", "/v1/collections", headers)  # each key is known from here on
    reads: list[int] = []
    get_many = api.state.get_many

    def counted(paths: Sequence[str]) -> list[Document | None]:
        reads.append(len(paths))
        return get_many(paths)

    monkeypatch.setattr(api.state, "get_many", counted)

    profiles = []
    for headers, name in [(stranger, "missing"), (stranger, "plans"), (narrow, "plans"), (narrow, "open-missing")]:
        reads.clear()
        api.send(method, path.format(name), headers, **body)
        profiles.append(tuple(reads))

    assert 1 == len(set(profiles))


def test_a_key_makes_no_names_outside_its_prefixes(api: GuardedApi) -> None:
    """403 whether or not there is such a collection: the answer depends on the name alone."""
    api.declare(api.key("acme"), "other-taken")
    narrow = api.key("acme", prefixes=("team-",))

    answers = [api.declare(narrow, name) for name in ("other-taken", "other-free")]

    assert [403, 403] == [answer.status_code for answer in answers]
    assert 201 == api.declare(narrow, "team-a").status_code
    assert ["team-a"] == [one["name"] for one in api.send("GET", "/v1/collections", narrow).json()["collections"]]


def test_writes_and_admin_acts_leave_an_audit_line(api: GuardedApi) -> None:
    """Who, what, outcome: also of what was refused; nothing of what was written, and nothing about reads."""
    headers, reader = api.key("acme"), api.key("acme", Scope.READ)
    sink = io.StringIO()
    log_to(sink)
    try:
        api.declare(headers)
        api.upsert(headers, "content-of-record")
        api.upsert(reader, "content-of-record")
        api.search(headers)
        api.send("DELETE", "/v1/collections/nothere", headers)
    finally:
        log_to(None)

    lines = [orjson.loads(line) for line in sink.getvalue().splitlines()]
    audited = [line for line in lines if line["message"] == "audit"]

    assert [
        ("PUT /v1/collections/{collection}", "words", "done"),
        ("POST /v1/collections/{collection}/upsert", "words", "done"),
        ("POST /v1/collections/{collection}/upsert", "words", "refused"),
        ("DELETE /v1/collections/{collection}", "nothere", "refused"),
    ] == [(line["act"], line["collection"], line["outcome"]) for line in audited]
    assert {"acme"} == {line["tenant"] for line in audited}
    assert "content-of-record" not in str(audited)


def test_no_key_reaches_a_log_or_a_document(api: GuardedApi) -> None:
    """Not the keys that were accepted, not one that was refused, not one that strayed into a path."""
    sink = io.StringIO()
    log_to(sink)
    try:
        headers = api.key("acme")
        api.declare(headers)
        api.search(headers)
        stray = "swl_" + "f" * 16 + "_" + "B" * 43
        api.search({"Authorization": f"Bearer {stray}"})
        api.send("POST", f"/v1/{stray}", headers)
        api.send("GET", f"/v1/collections/words?key={stray}", headers)
    finally:
        log_to(None)

    assert not re.search(r"swl_[0-9a-f]{16}_[0-9A-Za-z]{8}", sink.getvalue())
    stored = [
        str(document) for collection in ("keys", "audit", "collections") for document in api.state.list(collection)
    ]
    assert not [text for text in stored if any(key in text for key in api.texts)]


def test_of_a_path_only_what_can_be_a_name_is_logged(api: GuardedApi) -> None:
    """A key or a text that was sent in the place of a name stays out of the log."""
    sink = io.StringIO()
    log_to(sink)
    try:
        api.search(api.key(), "swl_0123456789abcdef_" + "Z" * 43)
        api.search(api.key(), "words")
    finally:
        log_to(None)

    lines = [orjson.loads(line) for line in sink.getvalue().splitlines()]
    assert "ZZZ" not in sink.getvalue()
    assert [None, "words"] == [line.get("collection") for line in lines if line["message"] == "request"]


def test_two_keys_in_one_request_are_none(api: GuardedApi) -> None:
    """A proxy before us may have checked the other one."""
    good = api.key()["Authorization"]
    headers = [("Authorization", "Bearer swl_x"), ("Authorization", good)]

    assert 401 == api.query.get("/v1/collections", headers=httpx.Headers(headers)).status_code


def test_a_body_that_does_not_come_gives_its_place_back(api: GuardedApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever sends a byte now and then would hold a place for as long as he likes."""
    monkeypatch.setattr("shared.http.MAX_BODY_S", 0.05)
    sent: list[Any] = []

    async def receive() -> Any:
        await asyncio.sleep(60)

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"authorization", api.key()["Authorization"].encode()), (b"host", b"x")]
    path = "/v1/collections/words/query"
    scope = {"type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b""}

    async def ask() -> None:
        await api.query.app({**scope, "headers": headers, "client": ("192.0.2.1", 1)}, receive, send)

    asyncio.run(ask())

    assert 408 == sent[0]["status"]
    assert b"request_too_slow" in sent[1]["body"]
