"""Spans at the edges and at the ports, exported where the settings say so.

Without an exporter OpenTelemetry is never imported, and a span is a place in a trace and nothing more.
What spans may say is a closed list: no vector, key, id or text ever gets into one.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, Literal

from shared.settings import Settings
from shared.trace_context import TraceContext, begin, current, parse

Kind = Literal["server", "client", "producer", "consumer"]
Value = str | int | float | bool

ATTRIBUTES: Final = frozenset(
    {
        "http.request.method",
        "http.response.status_code",
        "http.route",
        "messaging.destination.name",
        "messaging.system",
        "swell.cache",
        "swell.collection",
        "swell.dependency",
        "swell.event_type",
        "swell.function",
        "swell.messages",
        "swell.operation",
        "swell.outcome",
    }
)
"""The names that an attribute may have; OpenTelemetry's semantic conventions where there is one."""

_tracer: Any = None
_provider: Any = None


class Span:
    """Work under way. Attributes whose names are not in the list are refused: they were never thought about."""

    __slots__ = ("_recorded", "context")

    def __init__(self, context: TraceContext, recorded: Any = None) -> None:
        self.context = context
        self._recorded = recorded

    def rename(self, name: str) -> None:
        """Give the span the name that was not known when it began."""
        if self._recorded is not None:
            self._recorded.update_name(name)

    def note(self, attributes: Mapping[str, Value | None]) -> None:
        """Say something of the work."""
        if self._recorded is None:
            return
        for name, value in attributes.items():
            if name not in ATTRIBUTES:
                raise ValueError(f"spans have no attribute {name!r}")
            if value is not None:
                self._recorded.set_attribute(name, value)

    def fail(self, reason: str) -> None:
        """Mark the work as failed; `reason` is the name of a class of errors, never its text."""
        if self._recorded is not None:
            from opentelemetry.trace import Status, StatusCode  # noqa: PLC0415 - cold start

            self._recorded.set_status(Status(StatusCode.ERROR, reason))


@contextmanager
def entered(name: str, traceparent: str | None, kind: Kind) -> Iterator[Span]:
    """Work that arrives from outside, in the trace it names or in a new one; current until the block ends."""
    span = _started(name, parse(traceparent), kind)
    token = current.set(span.context)
    try:
        with _ended(span):
            yield span
    finally:
        current.reset(token)


@contextmanager
def leaf(name: str, kind: Kind) -> Iterator[Span]:
    """Work that begins nothing of its own here, such as a call to a store; what is current stays so."""
    span = _started(name, current.get(), kind)
    with _ended(span):
        yield span


def start_tracing(settings: Settings) -> None:
    """Export spans from now on, if the settings name an exporter; once a process."""
    if settings.trace_exporter == "none" or _tracer is not None:
        return
    from shared.trace_export import open_provider  # noqa: PLC0415 - cold start

    record_with(open_provider(settings))


def record_with(provider: Any) -> None:
    """Record with a tracer provider of OpenTelemetry; with None no more."""
    global _provider, _tracer  # noqa: PLW0603 - a process has one
    _provider = provider
    _tracer = None if provider is None else provider.get_tracer("swell")
    if provider is not None:
        from shared.shutdown import process_shutdown  # noqa: PLC0415 - cold start

        process_shutdown.at_end("spans", flush_spans)


def flush_spans(within_s: float) -> None:
    """Export what waits; for a process that may end soon."""
    if _provider is not None:
        _provider.force_flush(int(within_s * 1000))


def _started(name: str, parent: TraceContext | None, kind: Kind) -> Span:
    if _tracer is None:
        return Span(parent or begin())
    from shared.trace_export import start_span  # noqa: PLC0415

    return Span(*start_span(_tracer, name, parent, kind))


@contextmanager
def _ended(span: Span) -> Iterator[None]:
    recorded = span._recorded  # noqa: SLF001 - our own
    if recorded is None:
        yield
        return
    try:
        yield
    except BaseException as error:
        span.fail(type(error).__name__)
        raise
    finally:
        recorded.end()
