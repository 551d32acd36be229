"""`swell bench peers`: all data sets asked for, one after the other."""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Final

from benchmarks.measure.machine import Machine
from benchmarks.peers.chroma_system import ChromaSystem
from benchmarks.peers.comparison import Comparing, Comparison, Extent, Note
from benchmarks.peers.environment import peers_environment
from benchmarks.peers.goals import measures
from benchmarks.peers.swell_system import SwellSystem
from benchmarks.peers.system import System
from benchmarks.vectors.catalog import CHECKOUT, load_set

_PREFIX: Final = "bench-run-"


def compare(names: Sequence[str], extent: Extent, workers: int, note: Note) -> Iterator[Comparison]:
    """One comparison for each data set, in a directory that is removed at the end, whatever happens.

    Raises:
        ConfigurationError: a data set is not on this machine, or the peers cannot be installed.
        ServerFailed, GeneratorFailed: a server or the load generator failed.
    """
    programs = peers_environment(note)
    for name in names:
        note(f"Loading {name} and searching it exactly …")
        vectors = load_set(name, extent.rows, extent.queries)
        with working_directory() as directory, stopped(_systems(directory, workers, programs)) as systems:
            yield Comparing(vectors, extent, systems, note).run(programs)


def to_document(machine: Machine, comparisons: Sequence[Comparison]) -> dict[str, Any]:
    """Everything that was measured, for programs."""
    compared = [{**asdict(one), "measures": [asdict(measure) for measure in measures(one)]} for one in comparisons]
    return {"machine": asdict(machine), "comparisons": compared}


def _systems(directory: Path, workers: int, programs: Path) -> list[System]:
    return [SwellSystem(directory / "swell", workers), ChromaSystem(directory / "chroma", programs)]


@contextmanager
def working_directory() -> Iterator[Path]:
    """A directory on the disk that Swell itself uses by default.

    What runs that were killed have left is removed as well: a directory names the process that made it.
    """
    parent = CHECKOUT / ".swell"
    parent.mkdir(exist_ok=True)
    for left in parent.glob(f"{_PREFIX}*"):
        if not _is_running(left.name.removeprefix(_PREFIX).partition("-")[0]):
            shutil.rmtree(left, ignore_errors=True)
    directory = Path(mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=parent))
    try:
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _is_running(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except (ProcessLookupError, ValueError):
        return False
    except PermissionError:  # somebody else's
        return True
    return True


@contextmanager
def stopped(systems: Sequence[System]) -> Iterator[Sequence[System]]:
    """Systems whose servers are stopped at the end of the block."""
    try:
        yield systems
    finally:
        for system in systems:
            system.process.stop()
