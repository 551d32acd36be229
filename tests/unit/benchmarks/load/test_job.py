"""Jobs and reports as files between two processes."""

from pathlib import Path

import pytest

from benchmarks.load.job import Outcome, Task, read_load, read_task, write_load, write_task


def test_a_task_reads_back_with_its_requests(tmp_path: Path) -> None:
    """The generator sends the bytes that were meant, in their order."""
    task = Task(8080, 16, seconds=None, warm_up_s=0.5)
    requests = [b"first", b"", b"\x00third\xff"]

    write_task(tmp_path, task, requests)

    assert read_task(tmp_path) == (task, requests)


def test_a_report_reads_back_in_milliseconds(tmp_path: Path) -> None:
    """Latencies, answers by request, and the rate over the measured time."""
    outcome = Outcome(started_s=100.0, seconds=2.0, generator_cpu_share=0.1, failures={"503": 1})

    write_load(tmp_path, outcome, [1_000_000, 3_000_000], {7: b"seven", 2: b"two"})
    load = read_load(tmp_path)

    assert load.outcome == outcome
    assert load.latencies_ms.tolist() == [1.0, 3.0]
    assert load.answers == {7: b"seven", 2: b"two"}
    assert load.per_s == pytest.approx(1.0)


def test_a_report_without_answers_reads_back(tmp_path: Path) -> None:
    """A run in which every request was refused is a report too."""
    write_load(tmp_path, Outcome(0.0, 1.0, 0.0, {"500": 3}), [], {})

    assert read_load(tmp_path).answers == {}
