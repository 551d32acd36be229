"""The record of a rehearsal is one for everybody who reads or writes one."""

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.rehearsal.result import Entry, UnreadableRun, of_json, read_run, to_json, write_run
from tests.builders.rehearsals import small_run


def test_a_run_written_is_the_run_read(tmp_path: Path) -> None:
    """Nothing is lost on the way through a file."""
    run = replace(small_run([100.0] * 4), timeline=(Entry(1_784_484_000.0, "phase", "begins"),))

    write_run(run, tmp_path / "run.json")

    assert read_run(tmp_path / "run.json") == run


def test_a_series_of_another_length_than_the_axis_is_refused() -> None:
    """Whoever draws two series beside each other may rely on their steps."""
    run = small_run([100.0] * 4)
    shorter = replace(run, world=replace(run.world, served_rps=run.world.served_rps[:-1]))

    with pytest.raises(UnreadableRun, match=r"world\.served_rps: got 3 numbers, allowed: 4"):
        of_json(to_json(shorter))


def test_what_is_no_record_is_refused_with_its_field() -> None:
    """The message names what is missing."""
    with pytest.raises(UnreadableRun, match=r"meta: Field required"):
        of_json(b"{}")


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """It is an answer like any other, not a traceback."""
    with pytest.raises(UnreadableRun, match="No such file"):
        read_run(tmp_path / "none.json")
