"""The floor: the same queries in process, with no server around the index."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np

from benchmarks.peers.floor_program import REPORT_FILE, VECTORS_FILE
from benchmarks.peers.server_process import ServerFailed
from benchmarks.vectors.catalog import CHECKOUT
from benchmarks.vectors.vector_set import VectorSet
from swell.local.processes import child_process

_WITHIN_S: Final = 1800.0


@dataclass(frozen=True)
class Floor:
    """One library at its least effort with the recall compared at. `queries_per_s` is with a thread for each core."""

    library: str
    effort: float
    recall: float
    built_s: float
    p50_ms: float
    queries_per_s: float


def measure_floor(vectors: VectorSet, programs: Path) -> list[Floor]:
    """Run hnswlib and Annoy in a process of the peers' environment.

    Raises:
        ServerFailed: that process failed, or did not end in time.
    """
    with TemporaryDirectory(prefix="swell-floor-") as name:
        directory = Path(name)
        np.savez(
            directory / VECTORS_FILE,
            vectors=vectors.vectors,
            queries=vectors.queries,
            neighbours=vectors.neighbours,
            cosines=vectors.cosines,
        )
        log = directory / "log"
        command = [str(programs / "python"), "-m", "benchmarks.peers.floor_program", name]
        with child_process(command, {}, log=log, directory=CHECKOUT) as process:
            try:
                status = process.wait(_WITHIN_S)
            except subprocess.TimeoutExpired:
                raise ServerFailed(f"hnswlib and Annoy took more than {_WITHIN_S:.0f} s") from None
        if status != 0:
            raise ServerFailed(f"hnswlib and Annoy in process failed: {log.read_text(errors='replace')[-300:]}")
        report = json.loads((directory / REPORT_FILE).read_text())
    return [Floor(library, **figures) for library, figures in report.items()]
