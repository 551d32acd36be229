"""The client in a program that uses OpenTelemetry, and in one that does not."""

import httpx
from opentelemetry import trace

from swell.client.retries import NO_RETRIES
from swell.client.transport import Transport


def _headers_sent() -> httpx.Headers:
    """The headers of one request."""
    sent: list[httpx.Headers] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request.headers)
        return httpx.Response(200, json={})

    transport = Transport("http://127.0.0.1:1", 5, NO_RETRIES, httpx.MockTransport(answer))
    transport.send("GET", "/v1/collections")
    transport.close()
    return sent[0]


def test_the_request_carries_the_trace_of_the_program() -> None:
    """Of the span that is current where the client is called."""
    context = trace.SpanContext(0xA1, 0xB2, is_remote=False, trace_flags=trace.TraceFlags(1))

    with trace.use_span(trace.NonRecordingSpan(context)):
        sent = _headers_sent()

    version, trace_id, _, flags = sent["traceparent"].split("-")
    assert ("00", f"{0xA1:032x}", "01") == (version, trace_id, flags)


def test_without_a_trace_nothing_is_sent() -> None:
    """The server begins one."""
    assert "traceparent" not in _headers_sent()
