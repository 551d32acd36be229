"""Which segments of a version hold what is to be erased: decided from revisions alone."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from shared.index.compaction import CompactionPlan, CompactionReason
from shared.index.ids import table_of
from shared.index.manifest import Manifest
from shared.index.segment import Segment
from shared.index.snapshot import Snapshot


def holders_of_content(snapshot: Snapshot, revision: int) -> tuple[str, ...]:
    """The segments with rows up to `revision` that something newer has superseded since: erased ones are among these.

    Right after the erasure's delete, hardly any other is.
    """
    newer = [
        name
        for segment, winners in zip(snapshot.segments, snapshot.winners, strict=True)
        for name in segment.ids.ids_at(np.flatnonzero(winners & (segment.ids.revisions >= revision)))
    ]
    wanted = table_of(newer)
    holders = []
    for segment, winners in zip(snapshot.segments, snapshot.winners, strict=True):
        slots, _ = segment.ids.find(wanted)
        stale = (slots < segment.rows) & ~winners[slots] & (segment.ids.revisions[slots] <= revision)
        if stale.any():
            holders.append(segment.entry.id)
    return tuple(holders)


def erased_rows(snapshot: Snapshot, revision: int) -> int:
    """How many rows stand below a tombstone of exactly this revision: none, once they were rewritten."""
    tombstones = [
        name
        for segment in snapshot.segments
        for name in segment.ids.ids_at(segment.rows + np.flatnonzero(_tombstones(segment) == revision))
    ]
    wanted = table_of(tombstones)
    return sum(
        int(np.count_nonzero((slots < segment.rows) & (segment.ids.revisions[slots] <= revision)))
        for segment, slots in ((segment, segment.ids.find(wanted)[0]) for segment in snapshot.segments)
    )


def old_tombstones(snapshot: Snapshot, revision: int) -> dict[str, int]:
    """Tombstones up to `revision` by segment; segments without any are left out."""
    counts = {segment.entry.id: int((_tombstones(segment) <= revision).sum()) for segment in snapshot.segments}
    return {name: count for name, count in counts.items() if count}


def rewrites_of(manifest: Manifest, segment_ids: tuple[str, ...]) -> Iterator[CompactionPlan]:
    """A plan for each of these segments that the version still names, the oldest first.

    Each is rewritten alone. `includes_oldest` lets go of tombstones that are old enough: what a merge of neighbours
    cannot know, whether an older segment names their ids, is seen from all other segments of the version.
    """
    for entry in manifest.segments:
        if entry.id in segment_ids:
            yield CompactionPlan(
                segment_ids=(entry.id,),
                reason=CompactionReason.ERASURE,
                includes_oldest=True,
                min_version=entry.min_version,
                max_version=entry.max_version,
            )


def _tombstones(segment: Segment) -> NDArray[np.int64]:
    """The revisions of a segment's tombstones."""
    return segment.ids.revisions[segment.rows :]
