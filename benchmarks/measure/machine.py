"""The machine, and what else ran on it."""

import os
import platform
import time
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

_PACKAGES: Final = ("numpy", "annoy", "uvicorn", "starlette", "orjson", "pydantic", "uvloop", "httptools")
_STAT: Final = Path("/proc/stat")
# Fields of the first line of /proc/stat in which the processor did nothing: idle, and waiting for a disk.
_IDLE_FIELDS: Final = (3, 4)
QUIET_BELOW: Final = 0.1
"""Others may use this share of the processor before a run is called noisy."""


@dataclass(frozen=True)
class Machine:
    """Where a run took place. `busy_before` is the share of all cores that others used just before it."""

    processor: str
    cores: int
    memory_bytes: int | None
    system: str
    python: str
    packages: dict[str, str]
    busy_before: float | None
    load_average: tuple[float, float, float] | None


def look_at_machine(watch_s: float = 1.0) -> Machine:
    """Describe the machine, after watching for a moment how busy it is."""
    return Machine(
        processor=_processor(),
        cores=usable_cores(),
        memory_bytes=_memory_bytes(),
        system=platform.platform(),
        python=platform.python_version(),
        packages=_versions(),
        busy_before=_busy_share(watch_s),
        load_average=os.getloadavg() if hasattr(os, "getloadavg") else None,
    )


def usable_cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _busy_share(watch_s: float) -> float | None:
    before = _ticks()
    if before is None:
        return None
    time.sleep(watch_s)
    after = _ticks() or before
    total = after[1] - before[1]
    return round((after[0] - before[0]) / total, 3) if total else None


def _ticks() -> tuple[int, int] | None:
    """Busy and all ticks of all cores since the machine started."""
    if not _STAT.is_file():
        return None
    fields = [int(field) for field in _STAT.read_text().split("\n", 1)[0].split()[1:9]]
    return sum(fields) - sum(fields[place] for place in _IDLE_FIELDS), sum(fields)


def _processor() -> str:
    listing = Path("/proc/cpuinfo")
    lines = listing.read_text().splitlines() if listing.is_file() else []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or platform.machine())


def _memory_bytes() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError, AttributeError):
        return None


def _versions() -> dict[str, str]:
    found = {}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
