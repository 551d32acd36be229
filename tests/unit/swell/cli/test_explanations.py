"""What `swell collections explain` says of a segment."""

from pathlib import Path

import numpy as np

from functions.query.responses import describe_segments
from shared.domain.collection import Collection, Metric
from shared.index.build import build_base, build_delta
from shared.index.manifest import IndexSpec, Manifest
from shared.index.rows import RowBatch
from shared.index.segment import open_segment
from shared.index.snapshot import Snapshot
from shared.reads.snapshots import OpenCollection, OpenShard
from swell.cli.explanations import explain

_SPEC = IndexSpec(16, Metric.COSINE)


def _batch(rows: int, first: int) -> RowBatch:
    vectors = np.random.default_rng(first).normal(size=(rows, 16)).astype(np.float32)
    ids = [f"r{first + row}" for row in range(rows)]
    return RowBatch(ids, vectors, np.arange(rows, dtype=np.int64), [None] * rows)


def test_a_base_shows_its_efforts_and_the_choice_and_a_delta_is_scanned(tmp_path: Path) -> None:
    """The sentence names the method that the planner takes; the table has a row for each method measured."""
    (tmp_path / "base").mkdir()
    (tmp_path / "delta").mkdir()
    base = build_base(_batch(3000, 0), _SPEC, min_version=1, max_version=1, directory=tmp_path / "base")
    delta = build_delta(_batch(10, 9000), _SPEC, version=2, directory=tmp_path / "delta")
    manifest = Manifest("c", "u", 0, 2, "x", _SPEC, segments=(base.entry, delta.entry))
    segments = [open_segment(built.entry, _SPEC, built.directory) for built in (base, delta)]
    shard = OpenShard(Snapshot.open(manifest, segments), (), 0, early=False, until_s=0.0)

    documents = describe_segments(OpenCollection(Collection("c", "u", 16, Metric.COSINE), (shard,)))
    of_base, of_delta = (explain(document, recall=0.9, top_k=10) for document in documents)

    assert of_base["choice"].startswith("for recall 0.9: ")
    assert {"exact", "sketch", "forest"} == {effort["method"] for effort in of_base["efforts"]}
    assert ("scanned exactly", []) == (of_delta["choice"], of_delta["efforts"])
