"""One version of one shard, ready to search."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from shared.errors import FieldProblem, InvalidRequest
from shared.index.answers import Answer, Record
from shared.index.filter import Filter
from shared.index.hits import best_hits
from shared.index.ids import table_of
from shared.index.kept_rows import KeptRows
from shared.index.liveness import winning_masks
from shared.index.manifest import Manifest
from shared.index.metric import checked_queries
from shared.index.paging import Listed, listed_after
from shared.index.rowset import RowSet
from shared.index.search import Part, Task, choose, find_together, least_exact
from shared.index.segment import Segment


@dataclass(frozen=True, eq=False)
class Snapshot:
    """One version of one shard; immutable, safe to share between threads.

    `winners[i]` is bool (slots,) over the rows and tombstones of segment i: whether that entry is the newest
    word on its id. `kept` remembers rows that filters allow. Create it with `open`.
    """

    manifest: Manifest
    segments: Sequence[Segment]
    winners: Sequence[NDArray[np.bool_]]
    kept: KeptRows

    @classmethod
    def open(
        cls,
        manifest: Manifest,
        segments: Sequence[Segment],
        previous: "Snapshot | None" = None,
        kept: KeptRows | None = None,
    ) -> Self:
        """A snapshot of a manifest whose segments are open, in the manifest's order.

        What `previous`, an older version of the same shard, knows about segments in both is used again.
        Without `kept`, what filters allow is found anew for each search.
        """
        expected = [entry.id for entry in manifest.segments]
        given = [segment.entry.id for segment in segments]
        if given != expected or len(set(given)) != len(given):
            raise ValueError(f"segments {given} are not those of the manifest, each once: {expected}")
        known = {}
        if previous is not None and _is_older(previous.manifest, manifest):
            pairs = zip(previous.segments, previous.winners, strict=True)
            known = {segment.entry.id: mask for segment, mask in pairs}
        return cls(manifest, tuple(segments), tuple(winning_masks(segments, known)), kept or KeptRows(0))

    @property
    def version(self) -> int:
        """The version of the manifest."""
        return self.manifest.version

    @cached_property
    def live(self) -> tuple[RowSet, ...]:
        """The live rows of each segment."""
        pairs = zip(self.segments, self.winners, strict=True)
        return tuple(RowSet(mask[: segment.rows]) for segment, mask in pairs)

    @cached_property
    def live_rows(self) -> int:
        """Records that a search can return."""
        return sum(rows.count for rows in self.live)

    @property
    def dead_rows(self) -> dict[str, int]:
        """Replaced and deleted rows, by segment id."""
        pairs = zip(self.segments, self.live, strict=True)
        return {segment.entry.id: segment.rows - live.count for segment, live in pairs}

    def search(
        self,
        queries: NDArray[np.float32],
        *,
        top_k: int,
        recall: float = 0.95,
        include_attributes: bool = False,
        include_vectors: bool = False,
        filter: Filter | None = None,  # noqa: A002 - the word of the API
    ) -> Answer:
        """The `top_k` closest records of each query (count, dimension), at a mean recall of `recall` or more.

        Fewer than `top_k` come back only when fewer are live and pass the filter. A recall of 1.0 is an exact search.

        Raises:
            InvalidRequest: a query is not a finite vector of this dimension, `top_k` < 1, recall not in 0…1.
            DependencyUnavailable: vectors that are not local could not be fetched.
        """
        checked = self._checked_queries(queries, top_k, recall)
        parts: list[Part] = []
        for segment, among in zip(self.segments, self.allowed(filter), strict=True):
            if among.count:
                task = Task(checked, min(top_k, among.count), recall, filtered=filter is not None)
                parts.append(Part(segment, task, among, choose(segment, task, among)))
        found = zip([part.segment for part in parts], find_together(parts, top_k), strict=True)
        matches = [
            [hit.match(with_attributes=include_attributes, with_vector=include_vectors) for hit in hits]
            for hits in best_hits(checked, list(found), top_k)
        ]
        method = least_exact([part.choice.method for part in parts])
        return Answer(matches, method, recall, min((part.choice.recall for part in parts), default=1.0))

    def fetch(self, ids: Sequence[str]) -> list[Record | None]:
        """The live record of each id, None where there is none."""
        wanted = table_of(ids)
        records: list[Record | None] = [None] * len(ids)
        for segment, mask in zip(self.segments, self.winners, strict=True):
            slots, positions = segment.ids.find(wanted)
            chosen = mask[slots] & (slots < segment.rows)
            rows = slots[chosen]
            vectors = segment.vectors_of(rows)
            for position, row, vector in zip(positions[chosen].tolist(), rows.tolist(), vectors, strict=True):
                records[position] = _record(segment, row, vector)
        return records

    def allowed(self, condition: Filter | None) -> list[RowSet]:
        """The live rows of each segment, those that pass the filter."""
        parts = zip(self.segments, self.live, self.winners, strict=True)
        return [
            live if condition is None else self.kept.allowed(condition, segment.columns, live, winners)
            for segment, live, winners in parts
        ]

    def page(self, after: str | None, limit: int, condition: Filter | None = None) -> list[Listed]:
        """The first `limit` live records behind the id `after` that pass the filter, in the order of `paging`."""
        pairs = zip(self.segments, self.allowed(condition), strict=True)
        found = [entry for segment, among in pairs for entry in listed_after(segment, among, after, limit)]
        return sorted(found, key=lambda entry: entry[:2])[:limit]

    def _checked_queries(self, queries: NDArray[np.float32], top_k: int, recall: float) -> NDArray[np.float32]:
        if top_k < 1:
            raise InvalidRequest(FieldProblem("top_k", str(top_k), "at least 1"))
        if not 0 <= recall <= 1:
            raise InvalidRequest(FieldProblem("recall", str(recall), "0 to 1"))
        spec = self.manifest.spec
        return checked_queries(queries, dimension=spec.dimension, metric=spec.metric)


def _is_older(previous: Manifest, manifest: Manifest) -> bool:
    same_shard = (previous.uid, previous.shard) == (manifest.uid, manifest.shard)
    return same_shard and previous.version <= manifest.version


def _record(segment: Segment, row: int, vector: NDArray[np.float32]) -> Record:
    return Record(segment.ids.id_at(row), vector, segment.attributes[row], int(segment.ids.revisions[row]))
