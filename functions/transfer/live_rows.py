"""The live records of one version of a shard, in batches, from any place on.

Only the row files of segments are brought here; the vectors of a base are read in ranges, so that exporting a shard
needs neither the disk nor the memory to hold it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from shared.cache.files import SegmentFiles
from shared.errors import CorruptObject
from shared.index import forest as forests
from shared.index.manifest import Manifest, SegmentEntry, SegmentKind
from shared.index.metric import norms
from shared.index.remote import ByteRange
from shared.index.segment import Segment, first_files, open_ranged, open_segment
from shared.index.snapshot import Snapshot
from shared.ports.objects import ObjectStore

_NORM_TOLERANCE: Final = 1e-3
"""Relative. Lengths are kept in float32; a flipped bit that changes one less than this changes no answer."""


@dataclass(frozen=True)
class LiveRows:
    """Records of one segment. `next_row` is the row of the segment behind them."""

    segment: int
    next_row: int
    ids: Sequence[str]
    vectors: NDArray[np.float32]
    attributes: Sequence[Mapping[str, Any] | None]


class ShardRows:
    """One version of one shard, opened in a directory of its own."""

    def __init__(self, objects: ObjectStore, manifest: Manifest, directory: Path) -> None:
        """Bring the row files.

        Raises:
            CorruptObject: a segment is missing or damaged.
            DependencyUnavailable: the object store does not answer, or the disk is full.
        """
        self._files = SegmentFiles(objects, directory)
        self._manifest = manifest
        self._snapshot = Snapshot.open(manifest, [self._opened(entry) for entry in manifest.segments])

    @property
    def count(self) -> int:
        """How many records are live."""
        return self._snapshot.live_rows

    def batches(self, segment: int, row: int, batch_rows: int) -> Iterator[LiveRows]:
        """The live records from a row of a segment on, at most that many at a time; a batch has one segment's only."""
        for number in range(segment, len(self._snapshot.segments)):
            opened = self._snapshot.segments[number]
            live = np.flatnonzero(self._snapshot.winners[number][: opened.rows])
            live = live[live >= (row if number == segment else 0)]
            for first in range(0, len(live), batch_rows):
                yield _read(number, opened, live[first : first + batch_rows])

    def _opened(self, entry: SegmentEntry) -> Segment:
        self._files.bring(self._manifest, entry, first_files(entry))
        directory = self._files.directory_of(self._manifest, entry)
        if entry.kind is SegmentKind.DELTA:
            return open_segment(entry, self._manifest.spec, directory)

        def read(ranges: Sequence[ByteRange]) -> Sequence[bytes]:
            return [
                self._files.read_range(self._manifest, entry, forests.FILE_NAME, part.start, part.length)
                for part in ranges
            ]

        return open_ranged(entry, self._manifest.spec, directory, read)


def _read(number: int, segment: Segment, rows: NDArray[np.int64]) -> LiveRows:
    vectors = segment.vectors_of(rows)
    # Ranges of a file are not covered by its checksum; the lengths in the row file, which is, tell whether they fit.
    if not np.allclose(norms(vectors), segment.norms[rows], rtol=_NORM_TOLERANCE, atol=1e-30):
        raise CorruptObject(f"segment {segment.entry.id}: vectors do not have the lengths that its row file says")
    return LiveRows(
        segment=number,
        next_row=int(rows[-1]) + 1,
        ids=segment.ids.ids_at(rows),
        vectors=vectors,
        attributes=[segment.attributes[row] for row in rows.tolist()],
    )
