"""One trace from a client's request to the commit, and nothing of users in logs, metrics and spans."""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx
import orjson
import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shared.shutdown import process_shutdown
from shared.tracing import leaf, record_with
from swell.local.embedded import run_embedded

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
HEADERS = {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}
SECRETS = ("record-sesame", "0.73217", "attribute-sesame", "filter-sesame", "swl_")


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    """What this process records."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    record_with(provider)
    yield exporter
    record_with(None)


def _story(url: str) -> str:
    """Writes and reads with what must never be told; the metrics after it."""
    record = {"id": "record-sesame", "vector": [0.73217, 2], "attributes": {"word": "attribute-sesame"}}
    with httpx.Client(base_url=url, timeout=60, headers=HEADERS) as http:
        http.put("/v1/collections/words", json={"dimension": 2, "attributes": {"word": "string"}}).raise_for_status()
        body = {"records": [record], "wait": "committed", "timeout_ms": 60_000}
        http.post("/v1/collections/words/upsert", json=body).raise_for_status()
        condition = {"eq": {"word": "filter-sesame"}}
        search = {"vector": [0.73217, 2], "filter": condition, "consistency": "strong"}
        http.post("/v1/collections/words/query", json=search).raise_for_status()
        http.post("/v1/collections/words/fetch", json={"ids": ["record-sesame"]}).raise_for_status()
        http.post("/v1/collections/words/query", json={"vector": ["attribute-sesame"]})
        http.get("/v1/collections/words/records/record-sesame/neighbors")
        http.get("/v1/collections", headers={"Authorization": "Bearer swl_nothing"})
        return http.get("/metrics").text


def _names(spans: Sequence[ReadableSpan]) -> set[str]:
    return {span.name for span in spans}


def test_a_write_is_one_trace_and_tells_nothing(tmp_path: Path, spans: InMemorySpanExporter) -> None:
    """Ingest, the message, index update and the commit: the caller's trace, by parents and in logs."""
    with run_embedded(tmp_path) as running:
        metrics = _story(running.url)
        deadline = time.monotonic() + 30
        while "index_update process" not in _names(spans.get_finished_spans()):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        log = running.log_files[0].read_text()
    finished = spans.get_finished_spans()

    ours = [span for span in finished if span.context and format(span.context.trace_id, "032x") == TRACE]
    upsert = "POST /v1/collections/{collection}/upsert"
    assert {upsert, "publisher publish", "index_update process", "state commit", "objects put"} <= _names(ours)
    by_id = {span.context.span_id: span for span in ours if span.context}
    consumed = next(span for span in ours if span.name == "index_update process")
    assert consumed.parent is not None
    published = by_id[consumed.parent.span_id]
    assert published.parent is not None
    assert ("publisher publish", upsert) == (published.name, by_id[published.parent.span_id].name)
    lines = [orjson.loads(line) for line in log.splitlines()]
    traced = {line["message"] for line in lines if line.get("logging.googleapis.com/trace") == TRACE}
    assert {"request", "delivery"} <= traced
    told = "\n".join([log, metrics, *(span.to_json() for span in finished)])
    assert [] == [secret for secret in SECRETS if secret in told]


def test_without_an_exporter_the_trace_is_in_the_logs_all_the_same(tmp_path: Path) -> None:
    """Whoever has only logs can follow a write from the request to its delivery."""
    with run_embedded(tmp_path) as running:
        _story(running.url)
        log = running.log_files[0].read_text()

    lines = [orjson.loads(line) for line in log.splitlines()]
    traces = {line["message"]: line.get("logging.googleapis.com/trace") for line in lines}
    assert (TRACE, TRACE) == (traces["request"], traces["delivery"])


def test_what_waits_is_exported_when_the_process_is_told_to_end() -> None:
    """Spans are sent in batches; the last one would be lost with the process."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=3_600_000))
    record_with(provider)
    try:
        with leaf("last words", "client"):
            pass
        before = len(exporter.get_finished_spans())

        process_shutdown._flush()
    finally:
        record_with(None)

    assert (0, ["last words"]) == (before, [span.name for span in exporter.get_finished_spans()])
    provider.shutdown()
