"""hnswlib and Annoy in this process, no server around them: `python -m benchmarks.peers.floor_program DIRECTORY`.

Runs in the environment of the peers, and so imports nothing of Swell but what needs numpy alone.
The directory holds `vectors.npz`; the report is written beside it.
"""

import importlib
import json
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.measure.least_effort import least_effort
from benchmarks.measure.machine import usable_cores
from benchmarks.vectors.vector_set import TOP_K, VectorSet

VECTORS_FILE: Final = "vectors.npz"
REPORT_FILE: Final = "report.json"
_TIMED_S: Final = 1.0
_EF_SEARCH: Final = (10, 16, 24, 32, 48, 64, 100, 160, 256, 400, 640, 1024, 2048, 4096)
_SEARCH_K: Final = tuple(1000 * 2**step for step in range(10))
_TREES: Final = 50
_MAX_NEIGHBOURS: Final = 16
_EF_CONSTRUCTION: Final = 100

Search = Callable[[NDArray[np.float32], float], Sequence[int]]


def build_hnswlib(vectors: NDArray[np.float32]) -> Search:
    """Chroma's own parameters."""
    index: Any = importlib.import_module("hnswlib").Index(space="cosine", dim=vectors.shape[1])
    index.init_index(max_elements=len(vectors), M=_MAX_NEIGHBOURS, ef_construction=_EF_CONSTRUCTION, random_seed=1)
    index.add_items(vectors)

    def search(query: NDArray[np.float32], effort: float) -> Sequence[int]:
        index.set_ef(int(effort))
        return [int(row) for row in index.knn_query(query, k=TOP_K, num_threads=1)[0][0]]

    return search


def build_annoy(vectors: NDArray[np.float32]) -> Search:
    """50 trees, built with all cores."""
    index: Any = importlib.import_module("annoy").AnnoyIndex(vectors.shape[1], "angular")
    index.set_seed(1)
    for row, vector in enumerate(vectors):
        index.add_item(row, vector)
    index.build(_TREES, n_jobs=-1)

    def search(query: NDArray[np.float32], effort: float) -> Sequence[int]:
        return [int(row) for row in index.get_nns_by_vector(query, TOP_K, search_k=int(effort))]

    return search


def measure(vectors: VectorSet, build: Callable[[NDArray[np.float32]], Search], efforts: Sequence[float]) -> Any:
    """Build, take the least effort that reaches the floor, and time single queries and all cores."""
    started_s = time.perf_counter()
    search = build(vectors.vectors)
    built_s = time.perf_counter() - started_s

    def recall_at(effort: float) -> float:
        return vectors.recall({place: search(query, effort) for place, query in enumerate(vectors.queries)})

    effort, tried = least_effort(efforts, recall_at)
    taken_ms = _time_singles(vectors, search, effort)
    return {
        "effort": effort,
        "recall": tried[effort],
        "built_s": built_s,
        "p50_ms": float(np.percentile(taken_ms, 50)),
        "queries_per_s": _time_together(vectors, search, effort),
    }


def _time_singles(vectors: VectorSet, search: Search, effort: float) -> list[float]:
    taken_ms: list[float] = []
    begun_s = time.perf_counter()
    while time.perf_counter() - begun_s < _TIMED_S:
        query = vectors.queries[len(taken_ms) % len(vectors.queries)]
        started_s = time.perf_counter()
        search(query, effort)
        taken_ms.append((time.perf_counter() - started_s) * 1000)
    return taken_ms


def _time_together(vectors: VectorSet, search: Search, effort: float) -> float:
    """Queries per second with a thread for each core; both libraries search without Python's lock."""
    threads = usable_cores()
    deadline_s = time.perf_counter() + _TIMED_S

    def work(first: int) -> int:
        done = 0
        while time.perf_counter() < deadline_s:
            search(vectors.queries[(first + done) % len(vectors.queries)], effort)
            done += 1
        return done

    with ThreadPoolExecutor(threads) as pool:
        return sum(pool.map(work, range(threads))) / _TIMED_S


def main() -> None:
    """Measure both on the vectors in the directory named on the command line."""
    directory = Path(sys.argv[1])
    with np.load(directory / VECTORS_FILE) as stored:
        vectors = VectorSet("floor", "", **{name: stored[name] for name in stored.files})
    report = {
        "hnswlib": measure(vectors, build_hnswlib, _EF_SEARCH),
        "annoy": measure(vectors, build_annoy, _SEARCH_K),
    }
    (directory / REPORT_FILE).write_text(json.dumps(report))


if __name__ == "__main__":
    main()
