"""A span a request, for programs that use OpenTelemetry; others never load it."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager


@contextmanager
def traced_request(method: str) -> Iterator[Mapping[str, str]]:
    """Surround one request; the value is the header that puts the server's work into the same trace."""
    if "opentelemetry.trace" not in sys.modules:
        yield {}
        return
    from opentelemetry import trace  # noqa: PLC0415 - loaded already

    tracer = trace.get_tracer("swell.client")
    with tracer.start_as_current_span(f"swell {method}", kind=trace.SpanKind.CLIENT, record_exception=False) as span:
        context = span.get_span_context()
        if not context.is_valid:
            yield {}
            return
        trace_id, span_id = trace.format_trace_id(context.trace_id), trace.format_span_id(context.span_id)
        yield {"traceparent": f"00-{trace_id}-{span_id}-{int(context.trace_flags):02x}"}
