"""The machine."""

import os
import platform
import time
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from benchmarks.measure.others import OthersWatch

_PACKAGES: Final = ("numpy", "annoy", "uvicorn", "starlette", "orjson", "pydantic", "uvloop", "httptools")


@dataclass(frozen=True)
class Machine:
    """Where a run took place. `others_before` is the share of its processors that others used just before."""

    processor: str
    cores: int
    memory_bytes: int | None
    system: str
    python: str
    packages: dict[str, str]
    others_before: float | None
    load_average: tuple[float, float, float] | None


def look_at_machine(watch_s: float = 1.0) -> Machine:
    """Describe the machine, after watching for a moment how busy others keep it."""
    others = OthersWatch()
    time.sleep(watch_s)
    return Machine(
        processor=_processor(),
        cores=usable_cores(),
        memory_bytes=_memory_bytes(),
        system=platform.platform(),
        python=platform.python_version(),
        packages=_versions(),
        others_before=others.share(),
        load_average=os.getloadavg() if hasattr(os, "getloadavg") else None,
    )


def usable_cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


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
