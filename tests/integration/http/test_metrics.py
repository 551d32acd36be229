"""`/metrics`: who may read it, and what it counts."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.auth.scope import Scope
from shared.domain.rate_limit import RateLimit
from shared.domain.serving_mode import SERVING_MODE_DOCUMENT, ServingMode
from shared.domain.tier import Tier
from shared.ports.state import Put
from tests.integration.http.guarded import GuardedApi, guarded_api


@pytest.fixture
def api(tmp_path: Path) -> Iterator[GuardedApi]:
    """An API that wants keys."""
    with guarded_api(tmp_path) as running:
        yield running


def _count(text: str, family: str, **labels: str) -> float:
    """The value of one series; 0 where there is none."""
    for line in text.splitlines():
        if line.startswith(family + "{") and all(f'{name}="{value}"' in line for name, value in labels.items()):
            return float(re.split(r"\s", line)[-1])
    return 0.0


def test_metrics_are_for_operators(api: GuardedApi) -> None:
    """No key: 401; no admin key, or a tenant's: 403; one of the operator's own: Prometheus' text."""
    nobody = api.send("GET", "/metrics")
    reader = api.send("GET", "/metrics", api.key("default", Scope.READ))
    tenant = api.send("GET", "/metrics", api.key("acme", Scope.ADMIN))
    operator = api.send("GET", "/metrics", api.key("default", Scope.ADMIN))

    assert [401, 403, 403] == [answer.status_code for answer in (nobody, reader, tenant)]
    assert 200 == operator.status_code
    assert operator.headers["content-type"].startswith("text/plain; version=")


def test_metrics_take_no_token_and_are_shed_by_no_mode(api: GuardedApi) -> None:
    """They are asked most when nobody is answered."""
    watcher = api.key("default", Scope.ADMIN, tier=Tier.FREE, rate=RateLimit(0.001, 1))
    api.state.commit([Put(SERVING_MODE_DOCUMENT, {"mode": int(ServingMode.EMERGENCY)})])

    assert [200] * 3 == [api.send("GET", "/metrics", watcher).status_code for _ in range(3)]
    assert 503 == api.send("GET", "/v1/collections", api.key("default", tier=Tier.FREE)).status_code


def test_every_request_is_counted_by_route_and_status(api: GuardedApi) -> None:
    """Refused ones too; never by the path that was asked for, and never by a made-up method."""
    key = api.key("default")
    series = {"function": "query", "route": "/v1/collections/{collection}", "status": "404"}
    before = api.send("GET", "/metrics", key).text

    for name in ("one", "two"):
        api.send("GET", f"/v1/collections/{name}", key)
    api.send("GET", "/secret/path", key)
    api.query.request("FROBNICATE", "/v1/collections", headers=key)
    after = api.send("GET", "/metrics", key).text

    family = "swell_http_requests_total"
    assert 2 == _count(after, family, **series) - _count(before, family, **series)
    assert 1 <= _count(after, family, method="other", status="405")
    assert "secret" not in after
    assert "FROBNICATE" not in after
