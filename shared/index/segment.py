"""One opened segment: its ids, vectors and attributes, mapped from local files."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from shared.domain.collection import Metric
from shared.errors import CorruptObject, DependencyUnavailable
from shared.index import forest as forests
from shared.index import sketch_file
from shared.index.attributes import AttributeTable, open_attributes
from shared.index.calibration import Calibration
from shared.index.columns import Column, open_columns
from shared.index.container import Container, open_container
from shared.index.forest import Forest, ForestLayout, open_forest
from shared.index.ids import IdTable, open_ids
from shared.index.manifest import FileEntry, IndexSpec, SegmentEntry, SegmentKind
from shared.index.remote import FetchVectors, RangedVectors, ReadRanges
from shared.index.sketch import Sketch
from shared.index.sketch_file import open_sketch

ROWS_FILE: Final = "rows.swl"
_HASH_BLOCK_BYTES: Final = 1 << 20

# Rows of a segment, and their vectors.
Candidates = tuple[NDArray[np.int64], NDArray[np.float32]]


@dataclass(frozen=True, eq=False)
class Segment:
    """One immutable segment, safe to share between threads.

    `ids` holds rows first, then tombstones. `norms` is float32 (rows,), the L2 lengths. A delta has vectors, and a
    sketch if it is large; a base has a sketch, a calibration, and a forest once its file is local: until then
    `fetch_vectors` brings single vectors from afar.
    """

    entry: SegmentEntry
    spec: IndexSpec
    ids: IdTable
    norms: NDArray[np.float32]
    attributes: AttributeTable
    columns: Mapping[str, Column]
    vectors: NDArray[np.float32] | None
    forest: Forest | None
    sketch: Sketch | None
    calibration: Calibration | None
    fetch_vectors: FetchVectors | None = None

    @property
    def rows(self) -> int:
        """Rows held, live or not."""
        return self.entry.rows

    @property
    def is_local(self) -> bool:
        """Whether the vectors are on this machine."""
        return self.vectors is not None

    @property
    def local_vectors(self) -> NDArray[np.float32]:
        """All vectors, float32 (rows, dimension); in a base a strided view of the Annoy file.

        Raises:
            DependencyUnavailable: the forest file is not local yet.
        """
        if self.vectors is None:
            raise DependencyUnavailable(f"segment {self.entry.id}: its forest file is not local yet")
        return self.vectors

    def vectors_of(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """The vectors of some rows, float32 (count, dimension), a copy; fetched where they are not local.

        Raises:
            DependencyUnavailable: they are not local, and cannot be fetched.
        """
        if self.forest is not None:
            return self.forest.vectors_of(rows)
        if self.vectors is None and self.fetch_vectors is not None:
            return self.fetch_vectors(rows)
        return self.local_vectors.take(rows, axis=0)

    @cached_property
    def scale(self) -> NDArray[np.float32]:
        """Per row, what ranking needs beside the inner product: 1/|v| for cosine, |v|² for euclidean."""
        lengths = self.norms.astype(np.float64)
        if self.spec.metric is Metric.COSINE:
            return np.divide(1.0, lengths, out=np.zeros_like(lengths), where=lengths > 0).astype(np.float32)
        return (lengths**2).astype(np.float32)

    @cached_property
    def longest(self) -> float:
        """The largest |v| in the segment."""
        return float(self.norms.max(initial=0.0))


def verify_files(entry: SegmentEntry, directory: Path, files: Sequence[FileEntry] | None = None) -> None:
    """Compare every file of a segment, or those given, with the manifest entry, contents included.

    Raises:
        CorruptObject: a file is missing, or has another size or SHA-256.
    """
    wanted = entry.files if files is None else files
    check_sizes(wanted, entry.id, directory)
    for file in wanted:
        if file_sha256(directory / file.name) != file.sha256:
            raise CorruptObject(f"segment {entry.id}: {file.name} does not have its SHA-256 {file.sha256[:12]}…")


def check_sizes(files: Sequence[FileEntry], segment_id: str, directory: Path) -> None:
    """Raises CorruptObject where one of these files is missing or has another size."""
    for file in files:
        path = directory / file.name
        size_bytes = path.stat().st_size if path.is_file() else None
        if size_bytes != file.size_bytes:
            found = "missing" if size_bytes is None else f"{size_bytes} bytes"
            raise CorruptObject(f"segment {segment_id}: {file.name} is {found}, not {file.size_bytes} bytes")


def file_sha256(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_HASH_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def first_files(entry: SegmentEntry) -> tuple[FileEntry, ...]:
    """The files that a segment can be opened with while the others are still on their way."""
    return tuple(file for file in entry.files if file.name != forests.FILE_NAME)


def open_segment(
    entry: SegmentEntry, spec: IndexSpec, directory: Path, fetch_vectors: FetchVectors | None = None
) -> Segment:
    """Map the files of a segment.

    Checks all that search relies on for its safety (sizes, formats, offsets, tree pointers), in milliseconds;
    `verify_files` is what proves the contents. With `fetch_vectors` the forest file may be missing.

    Raises:
        CorruptObject: a file is missing, cut short, of another format, or for another dimension or metric.
    """
    partial = fetch_vectors is not None and not (directory / forests.FILE_NAME).exists()
    check_sizes(first_files(entry) if partial else entry.files, entry.id, directory)
    container = open_container(directory / ROWS_FILE, "rows")
    _check_meta(container, entry, spec)
    is_base = entry.kind is SegmentKind.BASE
    forest = None
    if is_base and not partial:
        layout = forest_layout(container, entry, spec)
        forest = open_forest(directory / forests.FILE_NAME, layout, spec.dimension)
    return Segment(
        entry=entry,
        spec=spec,
        ids=open_ids(container, entry.rows + entry.tombstones),
        norms=container.array("norms", "<f4", entry.rows),
        attributes=open_attributes(container, entry.rows),
        columns=open_columns(container, entry.rows, spec.attributes),
        vectors=forest.vectors if forest else _delta_vectors(container, entry, spec),
        forest=forest,
        sketch=_open_sketch(entry, spec, directory),
        calibration=Calibration.from_document(entry.calibration) if entry.calibration else None,
        fetch_vectors=fetch_vectors if partial else None,
    )


def open_ranged(entry: SegmentEntry, spec: IndexSpec, directory: Path, read: ReadRanges) -> Segment:
    """Open a base segment whose forest file is not local: its vectors come by ranged reads of that file.

    Raises:
        CorruptObject: as `open_segment`.
    """
    container = open_container(directory / ROWS_FILE, "rows")
    _check_meta(container, entry, spec)
    layout = forest_layout(container, entry, spec)
    return open_segment(entry, spec, directory, RangedVectors(layout, spec.dimension, read))


def _check_meta(container: Container, entry: SegmentEntry, spec: IndexSpec) -> None:
    expected: dict[str, Any] = {
        "kind": entry.kind.value,
        "rows": entry.rows,
        "tombstones": entry.tombstones,
        "dimension": spec.dimension,
        "metric": spec.metric.value,
    }
    for name, wanted in expected.items():
        found = container.meta.get(name)
        if found != wanted:
            raise CorruptObject(f"segment {entry.id}: {name} is {found!r}, the manifest says {wanted!r}")


def _delta_vectors(container: Container, entry: SegmentEntry, spec: IndexSpec) -> NDArray[np.float32] | None:
    if entry.kind is SegmentKind.BASE:
        return None
    return container.array("vectors", "<f4", entry.rows, spec.dimension)


def _open_sketch(entry: SegmentEntry, spec: IndexSpec, directory: Path) -> Sketch | None:
    if entry.kind is SegmentKind.DELTA and all(file.name != sketch_file.FILE_NAME for file in entry.files):
        return None
    return open_sketch(directory / sketch_file.FILE_NAME, entry.rows, spec.dimension, spec.metric)


def forest_layout(container: Container, entry: SegmentEntry, spec: IndexSpec) -> ForestLayout:
    """How the forest file of a base is laid out.

    Raises:
        CorruptObject: it is not that of this segment.
    """
    try:
        layout = ForestLayout(**container.meta["forest"])
    except (KeyError, TypeError, ValueError) as error:
        raise CorruptObject(f"segment {entry.id}: forest layout is unusable: {error!r}") from error
    wanted = (forests.annoy_metric(spec.metric), forests.stored_width(spec.metric, spec.dimension), entry.rows)
    if (layout.annoy_metric, layout.width, layout.rows) != wanted:
        raise CorruptObject(f"segment {entry.id}: forest is {layout}, the manifest says {wanted}")
    return layout
