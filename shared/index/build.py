"""Builds segments: rows in, immutable files and their manifest entry out."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from shared.errors import FieldProblem, InvalidRequest
from shared.index import forest as forests
from shared.index import sketch_file
from shared.index.attributes import attribute_sections, encode_attributes
from shared.index.columns import encode_columns
from shared.index.container import write_container
from shared.index.forest import build_forest
from shared.index.gate import check_recall
from shared.index.ids import encode_ids
from shared.index.manifest import FileEntry, IndexSpec, SegmentEntry, SegmentKind
from shared.index.measure import calibrate
from shared.index.metric import checked_vectors, norms
from shared.index.rows import RowBatch
from shared.index.segment import ROWS_FILE, file_sha256, open_segment
from shared.index.sketch_file import write_sketch

SEGMENT_ID_HEX: Final = 32
# A scan of this many rows of 384 components takes 0.2 to 0.6 ms, what a search by sketch takes before it scores rows.
SKETCHED_FROM_ROWS: Final = 4096


@dataclass(frozen=True)
class BaseOptions:
    """How a base segment is built, measured and admitted.

    `trees`: more find more per item inspected, and make the file larger and the build longer.
    `calibration_questions` of each kind are measured, `gate_questions` more of each must then reach their recall
    within `gate_tolerance`.
    """

    trees: int = 10
    seed: int = 20240229
    calibration_questions: int = 96
    gate_questions: int = 48
    gate_tolerance: float = 0.08


DEFAULT_OPTIONS: Final = BaseOptions()


@dataclass(frozen=True)
class BuiltSegment:
    """A segment on local disk: the files that `entry` names stand in `directory`."""

    entry: SegmentEntry
    directory: Path


def build_delta(
    batch: RowBatch,
    spec: IndexSpec,
    *,
    version: int,
    directory: Path,
    min_version: int | None = None,
    sources: Sequence[str] = (),
) -> BuiltSegment:
    """Write a delta segment: vectors as they are. The same batch gives the same segment id.

    A small one is scanned; one of `SKETCHED_FROM_ROWS` has a sketch, which costs 0.1 ms per 1,000 rows to build.
    `min_version` is the oldest commit it holds rows of, where that is not `version` itself. `sources` are the
    segments that it was merged from: they are part of what it is, so no merge ever gives a segment that was there.

    Raises:
        InvalidRequest: vectors or attributes are not what `spec` allows, or an id stands twice.
    """
    vectors = _checked(batch, spec)
    directory.mkdir(parents=True, exist_ok=True)
    sections = {**_sections(batch, spec, vectors), "vectors": vectors}
    write_container(directory / ROWS_FILE, "rows", _meta(batch, spec, SegmentKind.DELTA, sources), sections)
    names = [ROWS_FILE]
    if len(vectors) >= SKETCHED_FROM_ROWS:
        write_sketch(directory / sketch_file.FILE_NAME, vectors, spec.metric, seed=DEFAULT_OPTIONS.seed)
        names.append(sketch_file.FILE_NAME)
    oldest = version if min_version is None else min_version
    return _built(batch, SegmentKind.DELTA, (oldest, version), directory, names)


def build_base(
    batch: RowBatch,
    spec: IndexSpec,
    *,
    min_version: int,
    max_version: int,
    directory: Path,
    options: BaseOptions = DEFAULT_OPTIONS,
    sources: Sequence[str] = (),
) -> BuiltSegment:
    """Write a base segment of at least one row. The same batch, options and sources give the same segment id.

    Raises:
        InvalidRequest: vectors or attributes are not what `spec` allows, or an id stands twice.
        RecallGateMissed: searched, it does not find what it should; it must not be published.
        ValueError: the batch holds no rows; tombstones alone belong in a delta.
    """
    if not len(batch.ids):
        raise ValueError("a base segment needs rows; tombstones alone belong in a delta")
    vectors = _checked(batch, spec)
    directory.mkdir(parents=True, exist_ok=True)
    layout = build_forest(directory / forests.FILE_NAME, vectors, spec.metric, trees=options.trees, seed=options.seed)
    write_sketch(directory / sketch_file.FILE_NAME, vectors, spec.metric, seed=options.seed)
    meta = _meta(batch, spec, SegmentKind.BASE, sources) | {"forest": asdict(layout)}
    write_container(directory / ROWS_FILE, "rows", meta, _sections(batch, spec, vectors))
    names = [ROWS_FILE, forests.FILE_NAME, sketch_file.FILE_NAME]
    return _measured(_built(batch, SegmentKind.BASE, (min_version, max_version), directory, names), spec, options)


def _measured(built: BuiltSegment, spec: IndexSpec, options: BaseOptions) -> BuiltSegment:
    """The segment as its files say it is, measured and admitted."""
    segment = open_segment(built.entry, spec, built.directory)
    calibration = calibrate(segment, questions=options.calibration_questions, seed=options.seed)
    check_recall(
        replace(segment, calibration=calibration),
        questions=options.gate_questions,
        tolerance=options.gate_tolerance,
        seed=options.seed + 1,
    )
    return replace(built, entry=replace(built.entry, calibration=calibration.to_document()))


def _checked(batch: RowBatch, spec: IndexSpec) -> NDArray[np.float32]:
    named = [*batch.ids, *batch.deleted_ids]
    if len(set(named)) != len(named):
        raise InvalidRequest(FieldProblem("ids", "an id that stands twice", "each id once in a batch"))
    vectors = np.asarray(batch.vectors, np.float32).reshape(len(batch.ids), -1 if len(batch.ids) else spec.dimension)
    return checked_vectors(vectors, dimension=spec.dimension, metric=spec.metric)


def _meta(batch: RowBatch, spec: IndexSpec, kind: SegmentKind, sources: Sequence[str]) -> dict[str, Any]:
    return {
        "sources": list(sources),
        "kind": kind.value,
        "rows": len(batch.ids),
        "tombstones": len(batch.deleted_ids),
        "dimension": spec.dimension,
        "metric": spec.metric.value,
    }


def _sections(batch: RowBatch, spec: IndexSpec, vectors: NDArray[np.float32]) -> Mapping[str, NDArray[Any]]:
    revisions = np.concatenate([batch.revisions, batch.deleted_revisions]).astype("<i8")
    return {
        **encode_ids([*batch.ids, *batch.deleted_ids], revisions),
        "norms": norms(vectors).astype("<f4"),
        **attribute_sections(encode_attributes(batch.attributes)),
        **encode_columns(batch.attributes, spec.attributes),
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
