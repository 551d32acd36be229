"""What a running server finds, against an exact search."""

from collections.abc import Sequence

import orjson

from benchmarks.load.exchange import exchange
from benchmarks.peers.server_process import ServerFailed
from benchmarks.rehearsal.result import RecallFound
from benchmarks.vectors.vector_set import VectorSet


def found_recall(port: int, requests: Sequence[bytes], vectors: VectorSet, queries: Sequence[int]) -> RecallFound:
    """Ask each of these queries once; a server that is not told otherwise aims at the recall that it serves by default.

    Raises:
        ServerFailed: it does not answer one of them.
    """
    answers = {}
    for query, request in zip(queries, requests, strict=True):
        status, answer = exchange(port, request)
        if status != 200:
            raise ServerFailed(f"a query was answered with status {status}: {answer[:200].decode(errors='replace')}")
        answers[query] = [int(match["id"]) for match in orjson.loads(answer)["matches"]]
    return RecallFound(vectors.recall(answers), len(answers))
