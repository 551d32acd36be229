"""From the first write until every row is found and the index is built."""

import time
from dataclasses import dataclass
from typing import Final

import numpy as np

from benchmarks.load.exchange import exchange
from benchmarks.load.generator import generate_load
from benchmarks.load.job import Task
from benchmarks.measure.idle import IdleWatch
from benchmarks.peers.server_process import ServerFailed
from benchmarks.peers.system import System, batches
from benchmarks.vectors.vector_set import VectorSet

CONNECTIONS: Final = 4
_BYTES_AT_ONCE: Final = 600_000_000
"""Of vectors; their requests take three times as much while they pass to the generator."""
_SAMPLED_ROWS: Final = 100
# An approximate search may miss a row here and there; a row that is not searchable yet is missed by all.
_LEAST_FOUND: Final = 0.97
_SETTLED_AFTER_S: Final = 1.5
_LOOK_EVERY_S: Final = 0.05
_WITHIN_S: Final = 1800.0


@dataclass(frozen=True)
class Ingested:
    """Seconds since the first write was sent, over 4 connections.

    The requests are encoded beforehand, but for sets above 600 MB, where the parts are encoded in between.

    *accepted*: every write is acknowledged. *searchable*: the count is right and rows are found by their own
    vectors. *indexed*: the index has stopped changing, and the server is idle.
    """

    rows: int
    accepted_s: float
    searchable_s: float
    indexed_s: float
    request_bytes: int


def ingest(system: System, vectors: VectorSet) -> Ingested:
    """Fill a running, empty system and wait until it has settled.

    Raises:
        ServerFailed: a write was refused, or it does not settle in the time that this is worth.
    """
    system.create(vectors)
    loads, request_bytes = [], 0
    for part in batches(range(len(vectors.vectors)), max(1, _BYTES_AT_ONCE // (4 * vectors.dimension))):
        requests = system.write_requests(vectors, part)
        request_bytes += sum(len(request) for request in requests)
        loads.append(generate_load(Task(system.port, CONNECTIONS, seconds=None), requests).outcome)
        if loads[-1].failures:
            raise ServerFailed(f"{system.name} refused writes: {dict(loads[-1].failures)}")
    started_s = loads[0].started_s
    accepted_s = loads[-1].started_s + loads[-1].seconds - started_s
    searchable_s = _await_searchable(system, vectors, started_s)
    indexed_s = _await_indexed(system, started_s, searchable_s)
    return Ingested(len(vectors.vectors), accepted_s, searchable_s, indexed_s, request_bytes)


def _await_searchable(system: System, vectors: VectorSet, started_s: float) -> float:
    """Seconds until the last row was found, proven afterwards on a sample of all rows."""
    rows = len(vectors.vectors)
    sample = np.random.default_rng(0).choice(rows, min(_SAMPLED_ROWS, rows), replace=False)
    while True:
        if system.build_state().rows == rows and _found(system, vectors, [rows - 1]):
            searchable_s = time.monotonic() - started_s
            if _found(system, vectors, sample.tolist()):
                return searchable_s
        _wait(started_s, f"{system.build_state().rows:,} of {rows:,} rows are searchable")


def _found(system: System, vectors: VectorSet, rows: list[int]) -> bool:
    """Whether rows are among the ten nearest of their own vectors, but for the few that a search may miss."""
    found = 0
    for row, request in zip(rows, system.query_requests(vectors.vectors[rows]), strict=True):
        status, answer = exchange(system.port, request)
        found += status == 200 and row in system.read_ids(answer)
    return found >= _LEAST_FOUND * len(rows)


def _await_indexed(system: System, started_s: float, searchable_s: float) -> float:
    """Seconds until the parts of the index changed for the last time; at least `searchable_s`.

    The last time is known when nothing has changed for a while in which the server did next to nothing: a build
    that is under way changes nothing either, but it works.
    """
    state, indexed_s = system.build_state(), searchable_s
    idle = IdleWatch(system.process.pid)
    while idle.for_s() < _SETTLED_AFTER_S:
        _wait(started_s, f"its index still changes: {state}")
        if (now := system.build_state()) != state:
            state, indexed_s = now, time.monotonic() - started_s
            idle = IdleWatch(system.process.pid)
    return indexed_s


def _wait(started_s: float, state: str) -> None:
    if time.monotonic() - started_s > _WITHIN_S:
        raise ServerFailed(f"after {_WITHIN_S:.0f} s only this much is done: {state}")
    time.sleep(_LOOK_EVERY_S)
