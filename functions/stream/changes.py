"""What lies between two versions of a collection: rows that are new, and ids on which there is a newer word."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from shared.index.rowset import RowSet
from shared.index.segment import Segment
from shared.index.snapshot import Snapshot
from shared.reads.snapshots import OpenCollection


@dataclass(frozen=True, eq=False)
class Change:
    """What one new segment brings: its `live` rows, and the `ids` on which it has the last word, deleted ones too."""

    segment: Segment
    live: RowSet
    ids: frozenset[str]


def is_settled(opened: OpenCollection) -> bool:
    """Whether all of it can be read exactly: nothing is damaged, nothing still on its way."""
    return opened.is_whole and not any(shard.early for shard in opened.shards)


def is_same(old: OpenCollection, new: OpenCollection) -> bool:
    """Whether every answer is the same in both."""
    if all(before is after for before, after in zip(old.shards, new.shards, strict=True)):
        return True
    pairs = zip(old.snapshots, new.snapshots, strict=True)
    return is_settled(old) and is_settled(new) and all(before.manifest == after.manifest for before, after in pairs)


def changes_between(old: OpenCollection, new: OpenCollection) -> list[Change] | None:
    """The changes from one version to a newer one; None where they do not tell the whole difference.

    A compaction alone changes nothing. One that has merged newer rows with older ones counts all of them as new:
    that costs time, and no answer.
    """
    if not (is_settled(old) and is_settled(new)):
        return None
    pairs = zip(old.snapshots, new.snapshots, strict=True)
    return [change for before, after in pairs for change in _of_shard(before, after)]


def _of_shard(old: Snapshot, new: Snapshot) -> Iterator[Change]:
    known = {segment.entry.id for segment in old.segments}
    for segment, live, winners in zip(new.segments, new.live, new.winners, strict=True):
        if segment.entry.id not in known and segment.entry.max_version > old.version:
            yield Change(segment, live, frozenset(segment.ids.ids_at(np.flatnonzero(winners))))
