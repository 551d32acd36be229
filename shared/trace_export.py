"""The part of tracing that needs OpenTelemetry; loaded when an exporter is chosen."""

import os
from typing import Any

from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import (
    BatchSpanProcessor,
    ConsoleSpanExporter,
    SimpleSpanProcessor,
)
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased

from shared.settings import Settings
from shared.trace_context import TraceContext

_KINDS = {
    "server": trace.SpanKind.SERVER,
    "client": trace.SpanKind.CLIENT,
    "producer": trace.SpanKind.PRODUCER,
    "consumer": trace.SpanKind.CONSUMER,
}


def open_provider(settings: Settings) -> TracerProvider:
    """A provider that samples as the caller did, or by ratio where the trace begins, and exports as the settings say.

    What waits when the process ends is exported then.
    """
    service = os.environ.get("K_SERVICE", "swell")  # noqa: TID251 - Cloud Run's own variable
    provider = TracerProvider(
        sampler=ParentBased(TraceIdRatioBased(settings.trace_ratio)),
        resource=Resource.create({"service.name": service}),
    )
    provider.add_span_processor(_processor(settings))
    return provider


def _processor(settings: Settings) -> SpanProcessor:
    match settings.trace_exporter:
        case "otlp":  # its own variables OTEL_EXPORTER_OTLP_* say where to
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415

            return BatchSpanProcessor(OTLPSpanExporter())
        case "gcp":
            from opentelemetry.exporter.cloud_trace import CloudTraceSpanExporter  # noqa: PLC0415

            return BatchSpanProcessor(CloudTraceSpanExporter(project_id=settings.project))  # type: ignore[no-untyped-call]
        case _:
            return SimpleSpanProcessor(ConsoleSpanExporter())


def start_span(tracer: Any, name: str, parent: TraceContext | None, kind: str) -> tuple[TraceContext, Any]:
    """A span and its place in the trace."""
    context = trace.set_span_in_context(trace.NonRecordingSpan(_span_context(parent))) if parent else None
    span = tracer.start_span(name, context=context, kind=_KINDS[kind], record_exception=False)
    own = span.get_span_context()
    place = TraceContext(
        trace.format_trace_id(own.trace_id), trace.format_span_id(own.span_id), own.trace_flags.sampled
    )
    return place, span


def _span_context(parent: TraceContext) -> trace.SpanContext:
    return trace.SpanContext(
        int(parent.trace_id, 16),
        int(parent.span_id, 16),
        is_remote=True,
        trace_flags=trace.TraceFlags(int(parent.sampled)),
    )
