"""From candidates of all segments to the best hits, scored exactly."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from shared.index.answers import Match
from shared.index.metric import exact_scores
from shared.index.segment import Candidates, Segment


class Hit(NamedTuple):
    """A scored row. Sorts by falling score, then id."""

    minus_score: float
    id: str
    segment: Segment
    row: int
    vector: NDArray[np.float32]

    def match(self, *, with_attributes: bool, with_vector: bool) -> Match:
        """The match that this hit becomes."""
        attributes = self.segment.attributes.shown(self.row) if with_attributes else None
        return Match(self.id, -self.minus_score, attributes, self.vector if with_vector else None)


def best_hits(
    queries: NDArray[np.float32], found: Sequence[tuple[Segment, Sequence[Candidates]]], top_k: int
) -> list[list[Hit]]:
    """For each query the best `top_k` candidates of all segments, ties by id; `found` has candidates per query."""
    if not found:
        return [[] for _ in queries]
    # All vectors are scored in one go; then each query takes what is its own.
    vectors = [vectors for number in range(len(queries)) for _, each in found for vectors in (each[number][1],)]
    counts = [sum(len(each[number][0]) for _, each in found) for number in range(len(queries))]
    asked = queries[0] if len(queries) == 1 else np.repeat(queries, counts, axis=0)
    scores = exact_scores(np.concatenate(vectors), asked, found[0][0].spec.metric)
    hits, start = [], 0
    for number, count in enumerate(counts):
        pairs = [(segment, each[number]) for segment, each in found]
        hits.append(_best(scores[start : start + count], pairs, top_k))
        start += count
    return hits


def _best(scores: NDArray[np.float64], found: Sequence[tuple[Segment, Candidates]], top_k: int) -> list[Hit]:
    # Ids are looked up only for rows that can be among the best.
    chosen = scores >= _last_score(scores, top_k)
    hits: list[Hit] = []
    start = 0
    for segment, (rows, vectors) in found:
        places = chosen[start : start + len(rows)].nonzero()[0]
        own = rows[places]
        for place, row, score, name in zip(
            places.tolist(), own.tolist(), scores[places + start].tolist(), segment.ids.ids_at(own), strict=True
        ):
            hits.append(Hit(-score, name, segment, row, vectors[place]))
        start += len(rows)
    # An id is live in one segment only, so a tie never reaches the segments themselves.
    hits.sort()
    return hits[:top_k]


def _last_score(scores: NDArray[np.float64], top_k: int) -> float:
    """The `top_k`-th best score, or less than any where there are not as many."""
    if len(scores) <= top_k:
        return -np.inf
    return float(np.partition(scores, len(scores) - top_k)[len(scores) - top_k])
