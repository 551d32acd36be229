"""Memory and processor time of a process and all that it started, as the Linux kernel counts them."""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")
# Places in /proc/PID/stat, counted after the name: user and system time, its own and of children that have ended.
_TICKS: Final = (11, 12, 13, 14)


def tree(pid: int) -> list[int]:
    """A process and its descendants; empty where the kernel has no /proc, or the process has ended."""
    found, waiting = [], [pid] if (_PROC / str(pid)).is_dir() else []
    while waiting:
        one = waiting.pop()
        found.append(one)
        waiting.extend(_children(one))
    return found


@dataclass(frozen=True)
class Memory:
    """Resident memory of a process tree; pages that several processes share are counted once (PSS).

    `file_bytes` of it are pages of files, which the system drops when it needs room.
    """

    bytes: int
    file_bytes: int


def resident_memory(pid: int) -> Memory | None:
    """Memory of a process and its descendants now; None where unknown."""
    found = [fields for one in tree(pid) if (fields := _memory_fields(one))]
    if not found:
        return None
    return Memory(*(sum(fields.get(name, 0) for fields in found) for name in ("Pss", "Pss_File")))


def _children(pid: int) -> Iterator[int]:
    with suppress(OSError):  # it has ended meanwhile
        for task in (_PROC / str(pid) / "task").iterdir():
            yield from map(int, (task / "children").read_text().split())


def _memory_fields(pid: int) -> dict[str, int]:
    """The bytes of each kind of page; empty where unknown."""
    try:
        lines = (_PROC / str(pid) / "smaps_rollup").read_text().splitlines()
    except OSError:
        return {}
    named = (line.split() for line in lines if line.endswith(" kB"))
    return {words[0].rstrip(":"): int(words[1]) * 1024 for words in named}


def cpu_seconds(pid: int) -> float | None:
    """Processor time that a tree has used so far, with processes of it that have ended; None where unknown."""
    times = [seconds for one in tree(pid) if (seconds := _cpu_seconds(one)) is not None]
    return sum(times) if times else None


def _cpu_seconds(pid: int) -> float | None:
    try:
        # The name of the program, in parentheses, may hold anything; the fields after it are numbers.
        fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return sum(int(fields[place]) for place in _TICKS) / os.sysconf("SC_CLK_TCK")
