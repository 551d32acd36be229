"""A running Swell answers as its OpenAPI document says, whatever it is asked."""

from pathlib import Path

from benchmarks.fuzz.run import FuzzPlan, fuzz
from swell.local.embedded import run_embedded


def test_no_request_makes_it_fail_or_answer_otherwise_than_documented(tmp_path: Path) -> None:
    """Each route is asked what is valid and what is not; `swell bench fuzz` asks for longer."""
    with run_embedded(tmp_path) as running:
        report = fuzz(running.url, FuzzPlan(requests=180, examples=2))

    assert report.findings == []
    assert {200, 400, 404} <= set(report.statuses)
    assert report.requests >= 100
