"""The line of a request says whom it concerns."""

import io
import json

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.testclient import TestClient

from shared.errors import DependencyUnavailable, SwellError
from shared.http import UNGUARDED, HttpFunction
from shared.serving.errors import DeadlineExceeded
from shared.telemetry import log_to


@pytest.mark.parametrize(
    ("error", "severity"),
    [
        (DependencyUnavailable("away"), "INFO"),
        (DeadlineExceeded("not within 10 ms"), "WARNING"),
        (SwellError("a defect"), "ERROR"),
    ],
    ids=["refused", "the caller's own deadline", "a defect"],
)
def test_only_a_failure_of_ours_is_an_error(error: SwellError, severity: str) -> None:
    """Anybody can send a `timeout_ms` of 10, and nobody need get up for it."""

    def fail(_: Request) -> Response:
        raise error

    sink = io.StringIO()
    log_to(sink)
    try:
        TestClient(HttpFunction("query", [Route("/v1/x", fail)], lambda: None, UNGUARDED)).get("/v1/x")
    finally:
        log_to(None)

    assert severity == json.loads(sink.getvalue().splitlines()[-1])["severity"]
