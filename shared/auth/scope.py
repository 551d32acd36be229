"""What a key may be allowed to do, and what each request needs."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Scope(StrEnum):
    """What a key may be allowed to do. No scope includes another: a key that only writes cannot read."""

    READ = "read"
    """Search, fetch, list and describe."""
    WRITE = "write"
    """Change records: upsert, update, delete, import."""
    ADMIN = "admin"
    """Declare and delete collections, export them, read metrics."""


PUBLIC_PATHS: Final = frozenset({"/health", "/ready", "/openapi.json", "/docs"})
"""What anybody may ask: whether this instance lives, and how the API is spoken to, which says nothing of data."""

WATCHED_PATHS: Final = PUBLIC_PATHS | {"/metrics"}
"""What those ask who watch an instance: it is no load, and is answered however much there is of that."""

OPERATED: Final = (
    "/v1/calendar",
    "/v1/forecasts",
    "/v1/plan",
    "/v1/timeline",
    "/v1/budget",
    "/v1/fleet",
    "/v1/reports",
    "/v1/rollouts",
)
"""Where only operators have business, even to look: what begins like this needs the most."""

_BY_LAST_PART: Final[Mapping[tuple[str, str], Scope]] = {
    ("POST", "query"): Scope.READ,
    ("POST", "fetch"): Scope.READ,
    ("POST", "list"): Scope.READ,
    ("POST", "count"): Scope.READ,
    ("POST", "recall"): Scope.READ,
    ("POST", "stream"): Scope.READ,
    ("POST", "upsert"): Scope.WRITE,
    ("POST", "update"): Scope.WRITE,
    ("POST", "delete"): Scope.WRITE,
    ("POST", "import"): Scope.WRITE,
    ("POST", "cancel"): Scope.WRITE,
    ("GET", "metrics"): Scope.ADMIN,
}


def required_scope(method: str, path: str) -> Scope:
    """The scope that a request needs. What is not known here needs the most."""
    if path.startswith(OPERATED):
        return Scope.ADMIN
    found = _BY_LAST_PART.get((method, path.rpartition("/")[2]))
    if found is not None:
        return found
    return Scope.READ if method in {"GET", "HEAD"} else Scope.ADMIN
