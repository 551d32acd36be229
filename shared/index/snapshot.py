"""One version of one shard, ready to search."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from shared.domain.collection import Metric
from shared.errors import FieldProblem, InvalidRequest
from shared.index.answers import Answer, Match, Record
from shared.index.ids import table_of
from shared.index.liveness import winning_masks
from shared.index.manifest import Manifest
from shared.index.metric import checked_vectors, exact_scores, norms
from shared.index.search import Task, find_candidates, least_exact
from shared.index.segment import Segment


@dataclass(frozen=True, eq=False)
class Snapshot:
    """One version of one shard; immutable, safe to share between threads.

    `winners[i]` is bool (slots,) over the rows and tombstones of segment i: whether that entry is the newest
    word on its id. Create it with `open`.
    """

    manifest: Manifest
    segments: Sequence[Segment]
    winners: Sequence[NDArray[np.bool_]]

    @classmethod
    def open(cls, manifest: Manifest, segments: Sequence[Segment], previous: "Snapshot | None" = None) -> Self:
        """A snapshot of a manifest whose segments are open, in the manifest's order.

        What `previous`, an older version of the same shard, knows about segments in both is used again.
        """
        expected = [entry.id for entry in manifest.segments]
        given = [segment.entry.id for segment in segments]
        if given != expected:
            raise ValueError(f"segments {given} are not those of the manifest: {expected}")
        known = {}
        if previous is not None and _is_older(previous.manifest, manifest):
            pairs = zip(previous.segments, previous.winners, strict=True)
            known = {segment.entry.id: mask for segment, mask in pairs}
        return cls(manifest, tuple(segments), tuple(winning_masks(segments, known)))

    @property
    def version(self) -> int:
        """The version of the manifest."""
        return self.manifest.version

    @cached_property
    def live(self) -> tuple[NDArray[np.bool_] | None, ...]:
        """Per segment, which rows are live: bool (rows,), or None where all are."""
        masks = [mask[: segment.rows] for segment, mask in zip(self.segments, self.winners, strict=True)]
        return tuple(None if mask.all() else mask for mask in masks)

    @cached_property
    def live_counts(self) -> tuple[int, ...]:
        """Live rows of each segment."""
        pairs = zip(self.segments, self.live, strict=True)
        return tuple(segment.rows if mask is None else int(mask.sum()) for segment, mask in pairs)

    @property
    def live_rows(self) -> int:
        """Records that a search can return."""
        return sum(self.live_counts)

    @property
    def dead_rows(self) -> dict[str, int]:
        """Replaced and deleted rows, by segment id."""
        pairs = zip(self.segments, self.live_counts, strict=True)
        return {segment.entry.id: segment.rows - live for segment, live in pairs}

    def search(
        self,
        queries: NDArray[np.float32],
        *,
        top_k: int,
        recall: float = 0.95,
        include_attributes: bool = False,
        include_vectors: bool = False,
    ) -> Answer:
        """The `top_k` closest records of each query (count, dimension), at a mean recall of `recall` or more.

        Fewer than `top_k` come back only when fewer are live. A recall of 1.0 is an exact search.

        Raises:
            InvalidRequest: a query is not a finite vector of this dimension, `top_k` < 1, recall not in 0…1.
        """
        task = Task(self._checked_queries(queries, top_k, recall), top_k, recall)
        found, methods = [], []
        for segment, live, live_count in zip(self.segments, self.live, self.live_counts, strict=True):
            if live_count:
                rows, method = find_candidates(segment, task, live)
                found.append((segment, rows))
                methods.append(method)
        matches = [
            [
                hit.match(with_attributes=include_attributes, with_vector=include_vectors)
                for hit in _best(query, [(segment, rows[number]) for segment, rows in found], top_k)
            ]
            for number, query in enumerate(task.queries)
        ]
        return Answer(matches, least_exact(methods), recall)

    def fetch(self, ids: Sequence[str]) -> list[Record | None]:
        """The live record of each id, None where there is none."""
        wanted = table_of(ids)
        records: list[Record | None] = [None] * len(ids)
        for segment, mask in zip(self.segments, self.winners, strict=True):
            slots, positions = segment.ids.find(wanted)
            chosen = mask[slots] & (slots < segment.rows)
            for row, position in zip(slots[chosen].tolist(), positions[chosen].tolist(), strict=True):
                records[position] = _record(segment, row)
        return records

    def _checked_queries(self, queries: NDArray[np.float32], top_k: int, recall: float) -> NDArray[np.float32]:
        if top_k < 1:
            raise InvalidRequest(FieldProblem("top_k", str(top_k), "at least 1"))
        if not 0 <= recall <= 1:
            raise InvalidRequest(FieldProblem("recall", str(recall), "0 to 1"))
        spec = self.manifest.spec
        checked = checked_vectors(np.atleast_2d(queries), dimension=spec.dimension, metric=spec.metric)
        if spec.metric is not Metric.COSINE:
            return checked
        lengths = norms(checked)
        lengths[lengths == 0] = 1
        return np.asarray(checked / lengths[:, None], np.float32)


class _Hit(NamedTuple):
    """A scored row. Sorts by falling score, then id."""

    minus_score: float
    id: str
    segment: Segment
    row: int

    def match(self, *, with_attributes: bool, with_vector: bool) -> Match:
        attributes = self.segment.attributes[self.row] if with_attributes else None
        vector = self.segment.vectors[self.row].copy() if with_vector else None
        return Match(self.id, -self.minus_score, attributes, vector)


def _best(query: NDArray[np.float32], found: Sequence[tuple[Segment, NDArray[np.int64]]], top_k: int) -> list[_Hit]:
    hits: list[_Hit] = []
    for segment, rows in found:
        scores = exact_scores(segment.vectors[rows], query, segment.spec.metric)
        pairs = zip(scores.tolist(), segment.ids.ids_at(rows), rows.tolist(), strict=True)
        hits.extend(_Hit(-score, record_id, segment, row) for score, record_id, row in pairs)
    # An id is live in one segment only, so a tie never reaches the segments themselves.
    hits.sort()
    return hits[:top_k]


def _is_older(previous: Manifest, manifest: Manifest) -> bool:
    same_shard = (previous.uid, previous.shard) == (manifest.uid, manifest.shard)
    return same_shard and previous.version <= manifest.version


def _record(segment: Segment, row: int) -> Record:
    revision = int(segment.ids.revisions[row])
    return Record(segment.ids.id_at(row), segment.vectors[row].copy(), segment.attributes[row], revision)
