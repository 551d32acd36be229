"""Metrics: what may be declared, what a scrape shows, and what several processes show together."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from shared.metrics import Counter, Gauge, Histogram, declared, scrape

REQUESTS = Counter("swell_test_requests_total", "Requests of this test", ("route", "status"))
LINES = Gauge("swell_test_open_lines", "Lines open in this test")
TOOK = Histogram("swell_test_took_seconds", "Times of this test", ("route",), buckets=(0.1, 1.0))


def test_a_scrape_shows_what_was_measured() -> None:
    """Counters add, gauges stand, histograms count into buckets, each under its labels."""
    REQUESTS.inc("/a", "200")
    REQUESTS.inc("/a", "200", by=2)
    REQUESTS.inc("/b", "404")
    LINES.set(3)
    LINES.inc(by=-1)
    TOOK.observe(0.05, "/a")
    TOOK.observe(0.5, "/a")

    text, content_type = scrape()

    lines = text.decode().splitlines()
    assert 'swell_test_requests_total{route="/a",status="200"} 3.0' in lines
    assert 'swell_test_requests_total{route="/b",status="404"} 1.0' in lines
    assert "swell_test_open_lines 2.0" in lines
    assert 'swell_test_took_seconds_bucket{le="0.1",route="/a"} 1.0' in lines
    assert 'swell_test_took_seconds_count{route="/a"} 2.0' in lines
    assert content_type.startswith("text/plain")


@pytest.mark.parametrize(
    ("name", "labels", "reason"),
    [
        ("requests_total", (), "begin with 'swell_'"),
        ("swell_test_requests_total", (), "declared once"),
        ("swell_requests", (), "ends in _total"),
        ("swell_a_total", ("tenant",), "not among"),
        ("swell_b_total", ("collection",), "not among"),
    ],
)
def test_what_breaks_the_conventions_is_refused(name: str, labels: tuple[str, ...], reason: str) -> None:
    """Names, and labels that users could multiply, are refused where they are declared."""
    before = {metric.name for metric in declared()}

    with pytest.raises(ValueError, match=reason):
        Counter(name, "help", labels)

    assert before == {metric.name for metric in declared()}


_WORKER = """
import sys
from shared.metrics import Counter, Gauge, scrape
done, open_lines = Counter("swell_done_total", "h"), Gauge("swell_open_lines", "h")
done.inc(by=float(sys.argv[1])); open_lines.set(float(sys.argv[1]))
print(scrape()[0].decode())
"""


def test_several_processes_add_up(tmp_path: Path) -> None:
    """With a common directory, whoever is asked last answers for all."""
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}  # noqa: TID251 - a child gets what we were given
    root = Path(__file__).parents[3]

    texts = [
        subprocess.run(
            [sys.executable, "-c", _WORKER, amount],
            env=environment,
            cwd=root,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for amount in ("1", "2")
    ]

    assert "swell_done_total 1.0" in texts[0]
    assert "swell_done_total 3.0" in texts[1]
    assert "swell_open_lines 3.0" in texts[1]


def test_declaring_loads_nothing() -> None:
    """A function that measures nothing does not load the library."""
    code = "import shared.metrics as m, sys; m.Counter('swell_x_total', 'h'); print('prometheus_client' in sys.modules)"

    printed = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(__file__).parents[3], capture_output=True, text=True, check=True
    )

    assert "False" == printed.stdout.strip()
