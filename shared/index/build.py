"""Builds segments: rows in, immutable files and their manifest entry out."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from shared.errors import FieldProblem, InvalidRequest
from shared.index import forest as forests
from shared.index.attributes import attribute_sections, encode_attributes
from shared.index.container import write_container
from shared.index.forest import build_forest
from shared.index.ids import encode_ids
from shared.index.manifest import FileEntry, IndexSpec, SegmentEntry, SegmentKind
from shared.index.metric import checked_vectors, norms
from shared.index.rows import RowBatch
from shared.index.segment import ROWS_FILE, file_sha256

SEGMENT_ID_HEX: Final = 32


@dataclass(frozen=True)
class BaseOptions:
    """How a base segment is built. `trees`: more find more per item inspected, and make the file larger."""

    trees: int = 20
    seed: int = 20240229


DEFAULT_OPTIONS: Final = BaseOptions()


@dataclass(frozen=True)
class BuiltSegment:
    """A segment on local disk: the files that `entry` names stand in `directory`."""

    entry: SegmentEntry
    directory: Path


def build_delta(
    batch: RowBatch, spec: IndexSpec, *, version: int, directory: Path, min_version: int | None = None
) -> BuiltSegment:
    """Write a delta segment: vectors as they are, scanned exactly. The same batch gives the same segment id.

    `min_version` is the oldest commit it holds rows of, where that is not `version` itself.

    Raises:
        InvalidRequest: vectors or attributes are not what `spec` allows, or an id stands twice.
    """
    vectors = _checked(batch, spec)
    directory.mkdir(parents=True, exist_ok=True)
    sections = {**_sections(batch, vectors), "vectors": vectors}
    write_container(directory / ROWS_FILE, "rows", _meta(batch, spec, SegmentKind.DELTA), sections)
    oldest = version if min_version is None else min_version
    return _built(batch, SegmentKind.DELTA, (oldest, version), directory, [ROWS_FILE])


def build_base(
    batch: RowBatch,
    spec: IndexSpec,
    *,
    min_version: int,
    max_version: int,
    directory: Path,
    options: BaseOptions = DEFAULT_OPTIONS,
) -> BuiltSegment:
    """Write a base segment of at least one row. The same batch and options give the same segment id.

    Raises:
        InvalidRequest: vectors or attributes are not what `spec` allows, or an id stands twice.
        ValueError: the batch holds no rows; tombstones alone belong in a delta.
    """
    if not len(batch.ids):
        raise ValueError("a base segment needs rows; tombstones alone belong in a delta")
    vectors = _checked(batch, spec)
    directory.mkdir(parents=True, exist_ok=True)
    layout = build_forest(directory / forests.FILE_NAME, vectors, spec.metric, trees=options.trees, seed=options.seed)
    meta = _meta(batch, spec, SegmentKind.BASE) | {"forest": asdict(layout)}
    write_container(directory / ROWS_FILE, "rows", meta, _sections(batch, vectors))
    return _built(batch, SegmentKind.BASE, (min_version, max_version), directory, [ROWS_FILE, forests.FILE_NAME])


def _checked(batch: RowBatch, spec: IndexSpec) -> NDArray[np.float32]:
    named = [*batch.ids, *batch.deleted_ids]
    if len(set(named)) != len(named):
        raise InvalidRequest(FieldProblem("ids", "an id that stands twice", "each id once in a batch"))
    vectors = np.asarray(batch.vectors, np.float32).reshape(len(batch.ids), -1 if len(batch.ids) else spec.dimension)
    return checked_vectors(vectors, dimension=spec.dimension, metric=spec.metric)


def _meta(batch: RowBatch, spec: IndexSpec, kind: SegmentKind) -> dict[str, Any]:
    return {
        "kind": kind.value,
        "rows": len(batch.ids),
        "tombstones": len(batch.deleted_ids),
        "dimension": spec.dimension,
        "metric": spec.metric.value,
    }


def _sections(batch: RowBatch, vectors: NDArray[np.float32]) -> Mapping[str, NDArray[Any]]:
    revisions = np.concatenate([batch.revisions, batch.deleted_revisions]).astype("<i8")
    return {
        **encode_ids([*batch.ids, *batch.deleted_ids], revisions),
        "norms": norms(vectors).astype("<f4"),
        **attribute_sections(encode_attributes(batch.attributes)),
    }


def _built(
    batch: RowBatch, kind: SegmentKind, versions: tuple[int, int], directory: Path, names: Sequence[str]
) -> BuiltSegment:
    paths = [directory / name for name in sorted(names)]
    files = tuple(FileEntry(path.name, path.stat().st_size, file_sha256(path)) for path in paths)
    content = "".join(f"{file.name} {file.sha256}\n" for file in files)
    entry = SegmentEntry(
        id=hashlib.sha256(content.encode()).hexdigest()[:SEGMENT_ID_HEX],
        kind=kind,
        rows=len(batch.ids),
        tombstones=len(batch.deleted_ids),
        min_version=versions[0],
        max_version=versions[1],
        files=files,
    )
    return BuiltSegment(entry, directory)
