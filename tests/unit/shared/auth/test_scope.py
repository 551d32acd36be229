"""Which scope each request needs."""

import pytest

from shared.auth.scope import OPERATED, PUBLIC_PATHS, Scope, required_scope
from shared.topology import load_topology

TOPOLOGY = load_topology()
ROUTES = [(route.method, route.path) for function in TOPOLOGY.functions.values() for route in function.routes]
CHANGING = {"upsert", "update", "delete", "import", "cancel"}
AGREEING = ("/v1/regions", "/v1/ballots", "/v1/leases", "/v1/tasks", "/v1/inquiries")
"""Whoever reads may see where regions stand; what they agree on is changed by operators."""


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_every_route_needs_what_it_does(method: str, path: str) -> None:
    """What changes records needs write, what changes collections needs admin; no route that changes needs less."""
    needed = required_scope(method, path)

    if path.startswith(OPERATED) or method in {"PUT", "DELETE"} or path.endswith("/export"):
        assert Scope.ADMIN is needed
    elif path.startswith(AGREEING):
        assert needed is (Scope.READ if method == "GET" else Scope.ADMIN)
    elif path.rpartition("/")[2] in CHANGING:
        assert Scope.WRITE is needed
    else:
        assert Scope.READ is needed, "a new route: say in shared/auth/scope.py what it needs"


def test_only_health_and_the_description_of_the_api_are_public() -> None:
    """Whoever may connect may ask whether the instance lives and how it is spoken to, and nothing else."""
    assert {*TOPOLOGY.health_paths, "/openapi.json", "/docs"} == PUBLIC_PATHS


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/v1/new"), ("PATCH", "/"), ("DELETE", "/v1/collections/query"), ("GET", "/metrics")]
)
def test_what_is_not_known_needs_the_most(method: str, path: str) -> None:
    """A request that nobody thought of needs admin, as metrics do."""
    assert Scope.ADMIN is required_scope(method, path)
