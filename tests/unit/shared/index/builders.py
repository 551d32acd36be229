"""Rows, segments and snapshots to test with, and the brute force that answers are compared with."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shared.domain.collection import AttributeType, Metric
from shared.index.answers import Match
from shared.index.build import BaseOptions, BuiltSegment, build_base, build_delta
from shared.index.manifest import IndexSpec, Manifest
from shared.index.metric import exact_scores
from shared.index.rows import RowBatch
from shared.index.segment import Segment, open_segment
from shared.index.snapshot import Snapshot

# Little measuring, for tests of everything else.
QUICK = BaseOptions(trees=3, calibration_questions=8, gate_questions=4, gate_tolerance=0.5)


def clustered_vectors(rows: int, dimension: int, *, seed: int = 1, clusters: int = 30) -> NDArray[np.float32]:
    """Rows around a few centres, of differing lengths: nearer to embeddings than plain noise is."""
    random = np.random.default_rng(seed)
    centres = random.normal(size=(clusters, dimension))
    noise = random.normal(size=(rows, dimension)) * 0.6
    lengths = random.uniform(0.5, 2.0, size=(rows, 1))
    return ((centres[random.integers(clusters, size=rows)] + noise) * lengths).astype(np.float32)


def row_batch(
    vectors: NDArray[np.float32],
    *,
    ids: Sequence[str] | None = None,
    revision: int = 1,
    attributes: Sequence[Mapping[str, Any] | None] | None = None,
    deleted: Sequence[str] = (),
) -> RowBatch:
    """A batch of one revision; ids are `r0`, `r1`, … where not given."""
    names = [f"r{row}" for row in range(len(vectors))] if ids is None else ids
    return RowBatch(
        ids=names,
        vectors=vectors,
        revisions=np.full(len(names), revision, np.int64),
        attributes=[None] * len(names) if attributes is None else attributes,
        deleted_ids=deleted,
        deleted_revisions=np.full(len(deleted), revision, np.int64),
    )


def index_spec(dimension: int, metric: Metric = Metric.COSINE, **attributes: AttributeType) -> IndexSpec:
    """A spec with the attributes named."""
    return IndexSpec(dimension, metric, attributes)


def delta_of(batch: RowBatch, spec: IndexSpec, directory: Path, version: int = 1) -> BuiltSegment:
    """A delta in a folder of its own under `directory`."""
    return build_delta(batch, spec, version=version, directory=directory / f"delta-{version}")


def base_of(
    batch: RowBatch, spec: IndexSpec, directory: Path, version: int = 1, options: BaseOptions | None = None
) -> BuiltSegment:
    """A base in a folder of its own under `directory`."""
    return build_base(
        batch,
        spec,
        min_version=version,
        max_version=version,
        directory=directory / f"base-{version}",
        options=options or QUICK,
    )


def manifest_of(spec: IndexSpec, *built: BuiltSegment, version: int = 1) -> Manifest:
    """A manifest of these segments, oldest first."""
    entries = tuple(segment.entry for segment in built)
    return Manifest("books", "uid", 0, version, f"commit-{version}", spec, None, entries)


def opened(built: BuiltSegment, spec: IndexSpec) -> Segment:
    """The segment, opened."""
    return open_segment(built.entry, spec, built.directory)


def snapshot_of(spec: IndexSpec, *built: BuiltSegment, version: int = 1, previous: Snapshot | None = None) -> Snapshot:
    """A snapshot of these segments, oldest first."""
    segments = [opened(segment, spec) for segment in built]
    return Snapshot.open(manifest_of(spec, *built, version=version), segments, previous)


def renamed(batch: RowBatch, prefix: str) -> RowBatch:
    """The same batch under other ids."""
    return replace(batch, ids=[f"{prefix}{name}" for name in batch.ids])


def true_scores(vectors: NDArray[np.float32], query: NDArray[np.float32], metric: Metric) -> list[float]:
    """All scores of one query, best first."""
    return sorted(exact_scores(vectors, query, metric).tolist(), reverse=True)


def true_last_scores(
    vectors: NDArray[np.float32], queries: NDArray[np.float32], metric: Metric, top_k: int
) -> NDArray[np.float64]:
    """The score of the `top_k`-th nearest row of each query, by one product in float64."""
    rows, wanted = vectors.astype(np.float64), queries.astype(np.float64)
    products = wanted @ rows.T
    if metric is Metric.COSINE:
        products /= np.linalg.norm(wanted, axis=1)[:, None] * np.linalg.norm(rows, axis=1)
    elif metric is Metric.EUCLIDEAN:
        squares = (wanted**2).sum(axis=1)[:, None] + (rows**2).sum(axis=1) - 2 * products
        products = -np.sqrt(np.maximum(squares, 0))
    place = max(0, len(rows) - top_k)
    last: NDArray[np.float64] = np.partition(products, place, axis=1)[:, place]
    return last


def recall_of(found: Sequence[Sequence[Match]], last_scores: NDArray[np.float64]) -> float:
    """Share of matches that reach the score of the true last one: ties count for whichever row was found."""
    floors = last_scores - 1e-6 * np.maximum(1.0, np.abs(last_scores))
    hits = sum(
        sum(match.score >= floor for match in matches) for matches, floor in zip(found, floors.tolist(), strict=True)
    )
    return hits / max(1, sum(len(matches) for matches in found))
