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
        attributes = self.segment.attributes[self.row] if with_attributes else None
        return Match(self.id, -self.minus_score, attributes, self.vector if with_vector else None)


def best_hits(query: NDArray[np.float32], found: Sequence[tuple[Segment, Candidates]], top_k: int) -> list[Hit]:
    """The best `top_k` candidates of all segments, ties by id."""
    scores = [exact_scores(vectors, query, segment.spec.metric) for segment, (_, vectors) in found]
    floor = _last_score(scores, top_k)
    hits: list[Hit] = []
    for (segment, (rows, vectors)), segment_scores in zip(found, scores, strict=True):
        # Ids are looked up only for rows that can be among the best.
        chosen = np.flatnonzero(segment_scores >= floor)
        ids = segment.ids.ids_at(rows[chosen])
        for place, name in zip(chosen.tolist(), ids, strict=True):
            hits.append(Hit(-float(segment_scores[place]), name, segment, int(rows[place]), vectors[place]))
    # An id is live in one segment only, so a tie never reaches the segments themselves.
    hits.sort()
    return hits[:top_k]


def _last_score(scores: Sequence[NDArray[np.float64]], top_k: int) -> float:
    """The `top_k`-th best score of all, or less than any where there are not as many."""
    if sum(len(each) for each in scores) <= top_k:
        return -np.inf
    together = np.concatenate(scores) if len(scores) > 1 else scores[0]
    return float(np.partition(together, len(together) - top_k)[len(together) - top_k])
