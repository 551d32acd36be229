"""What a process says of itself was read from the operating system, or is not said."""

import os
from pathlib import Path

import pytest

from shared.coordination.member import Load
from shared.coordination.process_load import ProcessLoad
from tests.fakes.monotonic import ManualSeconds


@pytest.fixture
def system(tmp_path: Path) -> Path:
    """A /proc and a cgroup of a process with 64 MiB of 256."""
    (tmp_path / "self").mkdir()
    pages = 64 * 2**20 // os.sysconf("SC_PAGE_SIZE")
    (tmp_path / "self" / "statm").write_text(f"9999 {pages} 1 1 0 1 0\n")
    (tmp_path / "memory.max").write_text(f"{256 * 2**20}\n")
    return tmp_path


def test_cpu_is_what_was_used_since_the_last_look_and_memory_over_the_limit(system: Path) -> None:
    """The first look has nothing to compare with."""
    now_s, cpu_s = ManualSeconds(), ManualSeconds(0.0)
    load = ProcessLoad(cpu_s, now_s, proc=system, cgroup=system)
    first = load()
    now_s.advance(10)
    cpu_s.advance(2.5 * (os.cpu_count() or 1))

    second = load()

    assert first == Load(memory_share=0.25)
    assert second == Load(cpu_share=0.25, memory_share=0.25)


def test_without_a_limit_memory_is_over_that_of_the_machine(system: Path) -> None:
    """As cgroups say it: the word max."""
    (system / "memory.max").write_text("max\n")
    (system / "meminfo").write_text("MemTotal:        131072 kB\nMemFree: 1 kB\n")

    assert ProcessLoad(proc=system, cgroup=system)().memory_share == 0.5


def test_what_cannot_be_read_is_not_said(tmp_path: Path) -> None:
    """Another system has no /proc."""
    assert ProcessLoad(proc=tmp_path, cgroup=tmp_path)() == Load()
