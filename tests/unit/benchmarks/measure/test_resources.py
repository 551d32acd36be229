"""Memory, processor time and disk, as the operating system counts them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.measure.disk import disk_bytes
from benchmarks.measure.machine import look_at_machine
from benchmarks.measure.process_tree import cpu_seconds, proportional_bytes, tree

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc, which only Linux has")


@LINUX
def test_a_tree_holds_the_children() -> None:
    """What a server's workers use counts as the server's."""
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        assert {os.getpid(), child.pid} <= set(tree(os.getpid()))
        assert (proportional_bytes(child.pid) or 0) > 100_000
        assert cpu_seconds(child.pid) is not None
    finally:
        child.kill()
        child.communicate()


def test_a_process_that_is_gone_has_no_figures() -> None:
    """Unknown is not zero."""
    gone = 2**22 + 1  # above the largest process id of Linux

    assert tree(gone) == []
    assert proportional_bytes(gone) is None
    assert cpu_seconds(gone) is None


def test_a_file_under_two_names_is_counted_once(tmp_path: Path) -> None:
    """Hard links take no blocks."""
    (tmp_path / "one").write_bytes(b"x" * 100_000)
    before = disk_bytes(tmp_path)
    os.link(tmp_path / "one", tmp_path / "two")

    assert before >= 100_000
    assert disk_bytes(tmp_path) == before


def test_the_machine_is_described() -> None:
    """A figure without its machine cannot be repeated."""
    machine = look_at_machine(watch_s=0.0)

    assert machine.cores >= 1
    assert machine.processor
    assert "numpy" in machine.packages
