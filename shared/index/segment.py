"""One opened segment: its ids, vectors and attributes, mapped from local files."""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from shared.domain.collection import Metric
from shared.errors import CorruptObject
from shared.index import forest as forests
from shared.index.attributes import AttributeTable, open_attributes
from shared.index.container import Container, open_container
from shared.index.forest import Forest, ForestLayout, open_forest
from shared.index.ids import IdTable, open_ids
from shared.index.manifest import IndexSpec, SegmentEntry, SegmentKind

ROWS_FILE: Final = "rows.swl"
_HASH_BLOCK_BYTES: Final = 1 << 20


@dataclass(frozen=True, eq=False)
class Segment:
    """One immutable segment, safe to share between threads.

    `vectors` is float32 (rows, dimension); in a base it is a strided view of the Annoy file.
    `norms` is float32 (rows,), the L2 lengths. `ids` holds rows first, then tombstones.
    """

    entry: SegmentEntry
    spec: IndexSpec
    ids: IdTable
    vectors: NDArray[np.float32]
    norms: NDArray[np.float32]
    attributes: AttributeTable
    forest: Forest | None

    @property
    def rows(self) -> int:
        """Rows held, live or not."""
        return self.entry.rows

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


def verify_files(entry: SegmentEntry, directory: Path) -> None:
    """Compare every file of a segment with its manifest entry, contents included.

    Raises:
        CorruptObject: a file is missing, or has another size or SHA-256.
    """
    check_sizes(entry, directory)
    for file in entry.files:
        if file_sha256(directory / file.name) != file.sha256:
            raise CorruptObject(f"segment {entry.id}: {file.name} does not have its SHA-256 {file.sha256[:12]}…")


def check_sizes(entry: SegmentEntry, directory: Path) -> None:
    """Raises CorruptObject where a file of a segment is missing or has another size."""
    for file in entry.files:
        path = directory / file.name
        size_bytes = path.stat().st_size if path.is_file() else None
        if size_bytes != file.size_bytes:
            found = "missing" if size_bytes is None else f"{size_bytes} bytes"
            raise CorruptObject(f"segment {entry.id}: {file.name} is {found}, not {file.size_bytes} bytes")


def file_sha256(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_HASH_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def open_segment(entry: SegmentEntry, spec: IndexSpec, directory: Path) -> Segment:
    """Map the files of a segment.

    Checks all that search relies on for its safety (sizes, formats, offsets, tree pointers), in milliseconds;
    `verify_files` is what proves the contents.

    Raises:
        CorruptObject: a file is missing, cut short, of another format, or for another dimension or metric.
    """
    check_sizes(entry, directory)
    container = open_container(directory / ROWS_FILE, "rows")
    _check_meta(container, entry, spec)
    attributes = open_attributes(container, entry.rows)
    forest = _open_forest(container, entry, spec, directory)
    vectors = container.array("vectors", "<f4", entry.rows, spec.dimension) if forest is None else forest.vectors
    return Segment(
        entry=entry,
        spec=spec,
        ids=open_ids(container, entry.rows + entry.tombstones),
        vectors=vectors,
        norms=container.array("norms", "<f4", entry.rows),
        attributes=attributes,
        forest=forest,
    )


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


def _open_forest(container: Container, entry: SegmentEntry, spec: IndexSpec, directory: Path) -> Forest | None:
    if entry.kind is SegmentKind.DELTA:
        return None
    try:
        layout = ForestLayout(**container.meta["forest"])
    except (KeyError, TypeError) as error:
        raise CorruptObject(f"segment {entry.id}: forest layout is missing: {error!r}") from error
    wanted = (
        forests.annoy_metric(spec.metric),
        forests.stored_width(spec.metric, spec.dimension),
        entry.rows,
    )
    if (layout.annoy_metric, layout.width, layout.rows) != wanted:
        raise CorruptObject(f"segment {entry.id}: forest is {layout}, the manifest says {wanted}")
    return open_forest(directory / forests.FILE_NAME, layout, spec.dimension)
