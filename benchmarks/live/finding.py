"""What a running server finds, against an exact search."""

from collections.abc import Sequence

from benchmarks.load.exchange import exchange
from benchmarks.peers.callers import query_posts
from benchmarks.peers.server_process import ServerFailed
from benchmarks.peers.swell_system import SwellSystem
from benchmarks.rehearsal.result import RecallFound
from benchmarks.vectors.vector_set import VectorSet


def found_recall(system: SwellSystem, vectors: VectorSet, queries: Sequence[int], key: str) -> RecallFound:
    """Ask each of these queries once; a server that is not told otherwise aims at the recall that it serves by default.

    Raises:
        ServerFailed: it does not answer one of them.
    """
    answers = {}
    for query, request in zip(queries, query_posts(system, vectors.queries[list(queries)], key), strict=True):
        status, answer = exchange(system.port, request)
        if status != 200:
            raise ServerFailed(f"a query was answered with status {status}: {answer[:200].decode(errors='replace')}")
        answers[query] = system.read_ids(answer)
    return RecallFound(vectors.recall(answers), len(answers))
