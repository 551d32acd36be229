"""What a merged segment holds: the live rows of its sources, and the tombstones that must outlive them."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from shared.index.attributes import take_attributes
from shared.index.build import DEFAULT_OPTIONS, BaseOptions, BuiltSegment, build_base, build_delta
from shared.index.compaction import DEFAULT_POLICY, CompactionPlan, CompactionPolicy
from shared.index.manifest import IndexSpec, SegmentKind
from shared.index.rows import RowBatch
from shared.index.segment import Segment
from shared.index.snapshot import Snapshot


def merge_segments(snapshot: Snapshot, plan: CompactionPlan, *, keep_tombstones_since_revision: int) -> RowBatch:
    """The rows and tombstones that the planned segments leave behind, oldest segment first.

    A tombstone is dropped only when three things hold: every older segment is part of the merge, so no row
    that it hides is left behind; it is older than `keep_tombstones_since_revision`, so no upsert that was
    accepted before it is still on its way; and no segment outside the merge names its id.
    """
    merged = [index for index, segment in enumerate(snapshot.segments) if segment.entry.id in plan.segment_ids]
    sources = [snapshot.segments[index] for index in merged]
    others = [segment for index, segment in enumerate(snapshot.segments) if index not in merged]
    horizon = keep_tombstones_since_revision if plan.includes_oldest else np.iinfo(np.int64).min
    rows, tombstones = [], []
    for index, segment in zip(merged, sources, strict=True):
        slots = np.flatnonzero(snapshot.winners[index])
        rows.append(slots[slots < segment.rows])
        tombstones.append(_kept(segment, slots[slots >= segment.rows], others, horizon))
    return _batch(sources, rows, tombstones)


def build_merged(
    batch: RowBatch,
    spec: IndexSpec,
    plan: CompactionPlan,
    *,
    directory: Path,
    policy: CompactionPolicy = DEFAULT_POLICY,
    options: BaseOptions = DEFAULT_OPTIONS,
) -> BuiltSegment | None:
    """Build what `merge_segments` left: a base or a delta by size, nothing when nothing is left."""
    if not len(batch.ids) and not len(batch.deleted_ids):
        return None
    if policy.kind_of(len(batch.ids)) is SegmentKind.DELTA:
        return build_delta(
            batch,
            spec,
            version=plan.max_version,
            directory=directory,
            min_version=plan.min_version,
            sources=plan.segment_ids,
        )
    return build_base(
        batch,
        spec,
        min_version=plan.min_version,
        max_version=plan.max_version,
        directory=directory,
        options=options,
        sources=plan.segment_ids,
    )


def _kept(segment: Segment, slots: NDArray[np.int64], others: list[Segment], horizon: int) -> NDArray[np.int64]:
    needed = segment.ids.revisions[slots] >= horizon
    for other in others:
        mine, _ = segment.ids.find(other.ids)
        needed |= np.isin(slots, mine)
    return slots[needed]


def _batch(sources: list[Segment], rows: list[NDArray[np.int64]], tombstones: list[NDArray[np.int64]]) -> RowBatch:
    def ids(chosen: list[NDArray[np.int64]]) -> list[str]:
        pairs = zip(sources, chosen, strict=True)
        return [name for segment, slots in pairs for name in segment.ids.ids_at(slots)]

    def revisions(chosen: list[NDArray[np.int64]]) -> NDArray[np.int64]:
        return np.concatenate([source.ids.revisions[slots] for source, slots in zip(sources, chosen, strict=True)])

    pairs = list(zip(sources, rows, strict=True))
    return RowBatch(
        ids=ids(rows),
        vectors=np.concatenate([segment.vectors_of(chosen) for segment, chosen in pairs]),
        revisions=revisions(rows),
        attributes=take_attributes((segment.attributes, chosen) for segment, chosen in pairs),
        deleted_ids=ids(tombstones),
        deleted_revisions=revisions(tombstones),
    )
