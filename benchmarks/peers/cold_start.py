"""From starting a process to its first right answer."""

import time
from typing import Final

from benchmarks.load.exchange import exchange
from benchmarks.load.generator import generate_load
from benchmarks.load.job import Task
from benchmarks.peers.server_process import ServerFailed
from benchmarks.peers.system import System
from benchmarks.vectors.vector_set import VectorSet

_WITHIN_S: Final = 120.0
_ASK_EVERY_S: Final = 0.004
_QUERIES_LOOKED_AT: Final = 64


def find_right_query(system: System, vectors: VectorSet) -> int:
    """A query that the warm system answers with exactly the true ten: else no first answer could be right.

    Raises:
        ServerFailed: there is none among the first queries.
    """
    requests = system.query_requests(vectors.queries[:_QUERIES_LOOKED_AT])
    load = generate_load(Task(system.port, 1, seconds=None), requests)
    for query, answer in sorted(load.answers.items()):
        if vectors.is_right(query, system.read_ids(answer)):
            return query
    raise ServerFailed(f"{system.name} answers none of {_QUERIES_LOOKED_AT} queries exactly")


def measure_cold_start(system: System, vectors: VectorSet, query: int) -> float:
    """Seconds from starting a new process to its first right answer; the server keeps running.

    Swell's local cache is emptied before, so that it reads from its object store; Chroma reads its local disk.
    The pages that the operating system keeps in memory stay, for both.

    Raises:
        ServerFailed: the process ended, or there is no right answer in time.
    """
    request = system.query_requests(vectors.queries[query : query + 1])[0]
    system.process.stop()
    system.forget_local_copies()
    started_s = time.monotonic()
    system.process.start()
    while time.monotonic() - started_s < _WITHIN_S:
        try:
            status, answer = exchange(system.port, request)
        except OSError:  # nobody listens yet
            system.process.check_running()
        else:
            if status == 200 and vectors.is_right(query, system.read_ids(answer)):
                return time.monotonic() - started_s
        time.sleep(_ASK_EVERY_S)
    raise ServerFailed(f"{system.name} gave no right answer within {_WITHIN_S:.0f} s of its start")
