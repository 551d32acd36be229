"""Calls to one dependency: behind its breaker, counted, timed, and a span each where there is a trace."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Final

from shared import tracing
from shared.errors import DependencyUnavailable, NotProvisioned, SwellError
from shared.metrics import Counter, Gauge, Histogram
from shared.resilience.circuit_breaker import BreakerPolicy, BreakerState, CircuitBreaker
from shared.resilience.openings import note_opening
from shared.telemetry import log

CALLS: Final = Counter(
    "swell_dependency_calls_total", "Calls of a port, by how they ended", ("dependency", "operation", "outcome")
)
CALL_DURATION: Final = Histogram(
    "swell_dependency_call_duration_seconds",
    "One call of a port, retries included",
    ("dependency", "operation"),
)
BREAKER_STATE: Final = Gauge(
    "swell_circuit_breaker_state", "0 closed, 1 open, 2 half-open", ("dependency",), merged="max"
)
BREAKER_CHANGES: Final = Counter(
    "swell_circuit_breaker_transitions_total", "Changes of a breaker, by its new state", ("dependency", "state")
)
_AS_NUMBER: Final = {BreakerState.CLOSED: 0, BreakerState.OPEN: 1, BreakerState.HALF_OPEN: 2}


class Dependency:
    """One thing outside the process that may be away."""

    def __init__(
        self,
        name: str,
        policy: BreakerPolicy = BreakerPolicy(),  # noqa: B008 - immutable
        *,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self.breaker = CircuitBreaker(name, policy, monotonic_s=monotonic_s, on_change=self._changed)

    @contextmanager
    def call(self, operation: str) -> Iterator[tracing.Span]:
        """Surround one call. What counts against the dependency is no answer; one that says no is an answer.

        Raises:
            CircuitOpen: it failed too often of late, and is not asked.
        """
        admission = self.breaker.admit()
        started = time.perf_counter()
        succeeded: bool | None = None
        outcome = "error"
        try:
            with tracing.leaf(f"{self.name} {operation}", "client") as span:
                span.note({"swell.dependency": self.name, "swell.operation": operation})
                yield span
            succeeded, outcome = True, "ok"
        except NotProvisioned:
            succeeded, outcome = True, "not_provisioned"
            raise
        except DependencyUnavailable:
            succeeded, outcome = False, "unavailable"
            raise
        except SwellError:
            succeeded, outcome = True, "refused"
            raise
        finally:
            self.breaker.settle(admission, succeeded=succeeded)
            CALLS.inc(self.name, operation, outcome)
            CALL_DURATION.observe(time.perf_counter() - started, self.name, operation)

    def _changed(self, state: BreakerState) -> None:
        BREAKER_STATE.set(_AS_NUMBER[state], self.name)
        BREAKER_CHANGES.inc(self.name, state.value)
        if state is BreakerState.OPEN:
            note_opening(self.name, datetime.now(UTC))
        log("INFO" if state is BreakerState.CLOSED else "WARNING", "circuit breaker", dependency=self.name, state=state)
