"""Puts the answers of several shards together."""

from collections.abc import Sequence
from heapq import merge
from itertools import islice

from shared.index.answers import Answer
from shared.index.search import least_exact


def merge_answers(parts: Sequence[Answer], top_k: int) -> Answer:
    """The best `top_k` of each query over all parts, ties by id. A record stands in one shard: none repeats.

    `parts`, at least one, answer the same queries; the lowest recall of any part stands for the whole.
    """
    by_query = zip(*(part.matches for part in parts), strict=True)
    return Answer(
        [list(islice(merge(*lists, key=lambda match: (-match.score, match.id)), top_k)) for lists in by_query],
        least_exact([part.method for part in parts]),
        min(part.recall_target for part in parts),
        min(part.recall_expected for part in parts),
    )
