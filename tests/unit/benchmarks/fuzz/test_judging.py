"""What a fuzzing run calls a failure: it would be worth nothing if it found nothing wrong anywhere."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import orjson
import pytest

from benchmarks.fuzz.report import lines
from benchmarks.fuzz.run import FuzzPlan, fuzz

DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "a server with faults", "version": "1"},
    "paths": {
        path: {"get": {"responses": {"200": {"description": "", "content": {"application/json": {"schema": schema}}}}}}
        for path, schema in {
            "/right": {"type": "object"},
            "/breaks": {"type": "object"},
            "/differs": {"type": "object", "required": ["name"]},
        }.items()
    },
}
ANSWERS = {"/openapi.json": (200, DOCUMENT), "/breaks": (500, {}), "/differs": (200, {"other": 1})}


class _Faulty(BaseHTTPRequestHandler):
    def _answer(self) -> None:
        status, body = ANSWERS.get(self.path, (200, {}))
        content = orjson.dumps(body)
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_PUT = do_POST = _answer  # noqa: N815 - as the base class looks for them

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def faulty() -> Iterator[str]:
    """The address of a server that breaks on one path and answers otherwise than documented on another."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Faulty) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        serving.join()


def test_failures_and_differences_are_found_once_each(faulty: str) -> None:
    """A 500 is a failure, a body that does not fit is a finding, and what is right is neither."""
    report = fuzz(faulty, FuzzPlan(requests=12, examples=2))

    assert {"GET /breaks", "GET /differs"} == {finding.operation for finding in report.findings}
    assert report.failures == report.statuses[500] > 0
    assert any(finding.wrong.startswith("500:") for finding in report.findings)
    assert any("name" in finding.wrong for finding in report.findings)
    assert len({(one.operation, one.wrong) for one in report.findings}) == len(report.findings)
    assert "failures" in next(lines(report))
