"""Metrics of `swell up` with several workers."""

import re
from pathlib import Path

import httpx
import pytest

from swell.local.workers import SUPPORTED
from tests.e2e.serving import serving

REQUESTS = 24


@pytest.mark.skipif(not SUPPORTED, reason="workers need Linux")
def test_whichever_worker_is_asked_answers_for_all(tmp_path: Path) -> None:
    """Requests over many connections, and so over all workers, are all in one scrape."""
    with serving(tmp_path, "--workers", "2") as (up, _):
        for _ in range(REQUESTS):
            httpx.get(f"{up['url']}/v1/collections", timeout=30)
        texts = [httpx.get(f"{up['url']}/metrics", timeout=30).text for _ in range(4)]

    pattern = re.compile(
        r'^swell_http_requests_total\{.*route="/v1/collections",status="200"\} ([0-9.]+)$', re.MULTILINE
    )
    assert [[f"{REQUESTS}.0"]] * 4 == [pattern.findall(text) for text in texts]
