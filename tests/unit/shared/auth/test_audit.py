"""What an audit line says of an act."""

import io

import orjson
import pytest

from shared.auth.audit import Act, act_of, audit
from shared.auth.caller import Caller
from shared.auth.scope import Scope
from shared.domain.tier import Tier
from shared.telemetry import log_to

CALLER = Caller("0123", "acme", Tier.FREE, frozenset({Scope.WRITE}))


@pytest.mark.parametrize(
    ("method", "path", "act"),
    [
        ("PUT", "/v1/collections/words", Act("PUT /v1/collections/{collection}", "words")),
        ("POST", "/v1/collections/words/upsert", Act("POST /v1/collections/{collection}/upsert", "words")),
        ("POST", "/v1/swl_0123456789abcdef_secret", Act("POST other", None)),
        ("POST", "/v1/collections/words/upsert/x", Act("POST other", None)),
    ],
)
def test_an_act_is_a_route_and_a_collection(method: str, path: str, act: Act) -> None:
    """Of a path that is none of ours, nothing is kept."""
    assert act == act_of(method, path)


@pytest.mark.parametrize(
    ("names", "told"),
    [
        ({"ballot": "b-1"}, "b-1"),
        ({"plan": "p", "region": "us-east1"}, "p us-east1"),
        ({"ballot": "swl_0123456789abcdef_secret"}, None),
        ({"event": "a text with spaces"}, None),
    ],
)
def test_an_act_of_an_operator_names_its_route_and_object(names: dict[str, str], told: str | None) -> None:
    """What may hold anything is left out."""
    act = act_of("POST", "/v1/whatever", "/v1/ballots/{ballot}/vote", names)

    assert Act("POST /v1/ballots/{ballot}/vote", None, told) == act


@pytest.mark.parametrize(("status", "outcome"), [(200, "done"), (202, "done"), (403, "refused"), (503, "failed")])
def test_the_line_says_who_did_what_with_which_outcome(status: int, outcome: str) -> None:
    """Key, tenant, act, collection, outcome and status; no more."""
    sink = io.StringIO()
    log_to(sink)
    try:
        audit(CALLER, Act("PUT /v1/collections/{collection}", "words"), status)
    finally:
        log_to(None)

    line = orjson.loads(sink.getvalue())
    del line["time"]
    assert {
        "severity": "NOTICE",
        "message": "audit",
        "key_id": "0123",
        "tenant": "acme",
        "act": "PUT /v1/collections/{collection}",
        "collection": "words",
        "outcome": outcome,
        "status": status,
    } == line
