"""What is kept of every request: one canonical log line, two metrics, and a span where there is a trace."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from shared import tracing
from shared.domain.limits import COLLECTION_NAME
from shared.metrics import Counter, Histogram
from shared.request_context import RequestContext
from shared.telemetry import Severity, log
from shared.trace_context import TRACEPARENT

REQUESTS: Final = Counter(
    "swell_http_requests_total", "Requests answered; not those of health", ("function", "method", "route", "status")
)
DURATION: Final = Histogram(
    "swell_http_request_duration_seconds", "Time from a request to the end of its answer", ("function", "route")
)

_UNRECORDED: Final = frozenset({"/health", "/ready"})
_METHODS: Final = frozenset({"GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS"})
"""Those that are named: anybody may invent others."""


class RequestRecord:
    """One request under way; whoever sends the answer says its status."""

    __slots__ = ("_function", "_started", "status")

    def __init__(self, function: str) -> None:
        self.status = 0
        self._function = function
        self._started = time.perf_counter()

    def keep(self, scope: Any, context: RequestContext, span: tracing.Span) -> None:
        """Write down what became of it."""
        took_s = time.perf_counter() - self._started
        route = getattr(scope.get("route"), "path", None)  # never the path itself: it may hold anything
        method = scope["method"] if scope["method"] in _METHODS else "other"
        collection = _name(scope.get("path_params", {}).get("collection"))
        REQUESTS.inc(self._function, method, route or "none", str(self.status))
        DURATION.observe(took_s, self._function, route or "none")
        span.rename(f"{method} {route or 'none'}")
        span.note(
            {
                "http.request.method": method,
                "http.route": route,
                "http.response.status_code": self.status,
                "swell.function": self._function,
                "swell.collection": collection,
                "swell.cache": context.notes.get("cache"),
            }
        )
        if context.is_logged_in_bulk:
            return
        caller = context.known_caller
        log(
            _severity(self.status),
            "request",
            function=self._function,
            method=method,
            route=route,
            collection=collection,
            tenant=caller.tenant if caller else None,
            tier=caller.tier.value if caller else None,
            serving_mode=context.mode.label,
            status=self.status,
            duration_ms=round(took_s * 1000, 2),
            **context.notes,
        )


def _severity(status: int) -> Severity:
    """A refusal with 503 is what was meant to happen; a 504 is the caller's own deadline, and may be too short."""
    if status < 500 or status == 503:
        return "INFO"
    return "WARNING" if status == 504 else "ERROR"


def _name(collection: str | None) -> str | None:
    """The name in a path, if a collection can have it: it may hold anything, a key too."""
    return collection if collection is not None and COLLECTION_NAME.fullmatch(collection) else None


@contextmanager
def recorded(function: str, scope: Any, context: RequestContext) -> Iterator[RequestRecord]:
    """Surround a request, in the trace that its caller began or in a new one."""
    record = RequestRecord(function)
    if scope["path"] in _UNRECORDED:
        yield record
        return
    traceparent = context.headers.get(TRACEPARENT.encode(), b"").decode("latin-1")
    with tracing.entered(function, traceparent, "server") as span:
        try:
            yield record
        finally:
            record.keep(scope, context, span)
