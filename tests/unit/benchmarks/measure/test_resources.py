"""Memory, processor time and disk, as the operating system counts them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.measure.disk import disk_bytes, disk_parts
from benchmarks.measure.machine import look_at_machine
from benchmarks.measure.others import share_of_others
from benchmarks.measure.process_tree import cpu_seconds, resident_memory, tree

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc, which only Linux has")


@LINUX
def test_a_tree_holds_the_children() -> None:
    """What a server's workers use counts as the server's."""
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        assert {os.getpid(), child.pid} <= set(tree(os.getpid()))
        assert cpu_seconds(child.pid) is not None
    finally:
        child.kill()
        child.communicate()


@LINUX
def test_pages_of_files_are_a_part_of_the_memory() -> None:
    """This process has both: its own objects, and the code of Python."""
    memory = resident_memory(os.getpid())

    assert memory is not None
    assert 1_000_000 < memory.file_bytes < memory.bytes


@pytest.mark.parametrize(
    ("busy_s", "ours_s", "expected"),
    [(3.0, 1.0, 0.5), (1.0, 1.02, 0.0), (9.0, 1.0, 1.0)],
    ids=["half", "only ours", "coarse counters"],
)
def test_our_own_work_is_not_that_of_others(busy_s: float, ours_s: float, expected: float) -> None:
    """Of four seconds on two processors; a share is never below none or above all."""
    assert share_of_others(busy_s, ours_s, available_s=4.0) == expected


@LINUX
def test_time_of_children_that_have_ended_counts_as_ours() -> None:
    """The load generator ends before we look."""
    before_s = cpu_seconds(os.getpid()) or 0.0
    subprocess.run([sys.executable, "-c", "sum(range(5_000_000))"], check=True)

    assert (cpu_seconds(os.getpid()) or 0.0) - before_s > 0.02


def test_a_process_that_is_gone_has_no_figures() -> None:
    """Unknown is not zero."""
    gone = 2**22 + 1  # above the largest process id of Linux

    assert tree(gone) == []
    assert resident_memory(gone) is None
    assert cpu_seconds(gone) is None


def test_a_file_under_two_names_is_counted_once(tmp_path: Path) -> None:
    """Hard links take no blocks."""
    (tmp_path / "one").write_bytes(b"x" * 100_000)
    before = disk_bytes(tmp_path)
    os.link(tmp_path / "one", tmp_path / "two")

    assert before >= 100_000
    assert disk_bytes(tmp_path) == before


def test_the_parts_of_a_directory_are_told_largest_first(tmp_path: Path) -> None:
    """Files and directories alike."""
    (tmp_path / "small").write_bytes(b"x" * 10)
    (tmp_path / "large").mkdir()
    (tmp_path / "large" / "file").write_bytes(b"x" * 100_000)

    parts = disk_parts(tmp_path)

    assert list(parts) == ["large", "small"]
    assert parts["large"] >= 100_000


def test_the_machine_is_described() -> None:
    """A figure without its machine cannot be repeated."""
    machine = look_at_machine(watch_s=0.0)

    assert machine.cores >= 1
    assert machine.processor
    assert "numpy" in machine.packages
