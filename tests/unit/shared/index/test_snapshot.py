"""Snapshots: one version of one shard."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from shared.domain.collection import Metric
from shared.errors import InvalidRequest
from shared.index.snapshot import Snapshot
from tests.unit.shared.index.builders import (
    base_of,
    clustered_vectors,
    delta_of,
    index_spec,
    manifest_of,
    opened,
    row_batch,
    snapshot_of,
)
from tests.unit.shared.index.conftest import RealVectors


def _ids(snapshot: Snapshot, query: np.ndarray, top_k: int = 100) -> list[str]:
    return [match.id for match in snapshot.search(query, top_k=top_k, recall=1.0).matches[0]]


def test_the_highest_revision_wins_whatever_the_order_of_commits(tmp_path: Path) -> None:
    """A delta that was committed late does not bring back what a newer one replaced or deleted."""
    spec, vectors = index_spec(4), clustered_vectors(6, 4)
    newer = delta_of(row_batch(vectors[:1], ids=["a"], revision=9, deleted=["b"]), spec, tmp_path, 1)
    late = delta_of(row_batch(vectors[1:4], ids=["a", "b", "c"], revision=5), spec, tmp_path, 2)

    snapshot = snapshot_of(spec, newer, late)

    a, b, c = snapshot.fetch(["a", "b", "c"])
    assert a is not None
    assert a.vector.tolist() == vectors[0].tolist()
    assert a.revision == 9
    assert b is None
    assert c is not None
    assert snapshot.live_rows == 2
    assert sorted(_ids(snapshot, vectors[0])) == ["a", "c"]


def test_on_a_tie_the_later_segment_wins(tmp_path: Path) -> None:
    """Equal revisions are settled by the order of segments."""
    spec, vectors = index_spec(4), clustered_vectors(2, 4)
    first = delta_of(row_batch(vectors[:1], ids=["a"]), spec, tmp_path, 1)
    second = delta_of(row_batch(vectors[1:], ids=["a"]), spec, tmp_path, 2)

    record = snapshot_of(spec, first, second).fetch(["a"])[0]

    assert record is not None
    assert record.vector.tolist() == vectors[1].tolist()


def test_a_new_delta_reuses_the_masks_of_the_version_before(tmp_path: Path) -> None:
    """Masks that do not change are the same objects; the result equals that of opening from nothing."""
    spec, vectors = index_spec(4), clustered_vectors(50, 4)
    base = base_of(row_batch(vectors), spec, tmp_path, 1)
    other = delta_of(row_batch(vectors[:2], ids=["x", "y"], revision=2), spec, tmp_path, 2)
    third = delta_of(row_batch(vectors[:1], ids=["r7"], revision=3, deleted=["r8"]), spec, tmp_path, 3)
    before = snapshot_of(spec, base, other, version=2)

    after = snapshot_of(spec, base, other, third, version=3, previous=before)

    fresh = snapshot_of(spec, base, other, third, version=3)
    assert after.winners[1] is before.winners[1]
    assert [mask.tolist() for mask in after.winners] == [mask.tolist() for mask in fresh.winners]
    assert before.live_rows == 52
    assert after.live_rows == 51
    assert after.dead_rows == {base.entry.id: 2, other.entry.id: 0, third.entry.id: 0}


def test_a_newer_version_is_never_used_to_open_an_older_one(tmp_path: Path) -> None:
    """What a later delta replaced is live again in the version before it."""
    spec, vectors = index_spec(4), clustered_vectors(3, 4)
    old = delta_of(row_batch(vectors), spec, tmp_path, 1)
    new = delta_of(row_batch(vectors[:0], revision=2, deleted=["r1"]), spec, tmp_path, 2)
    newer = snapshot_of(spec, old, new, version=2)

    assert snapshot_of(spec, old, version=1, previous=newer).live_rows == 3


def test_segments_must_be_those_of_the_manifest(tmp_path: Path) -> None:
    """A snapshot of the wrong segments, or in the wrong order, is a defect and says so."""
    spec = index_spec(4)
    one = delta_of(row_batch(clustered_vectors(1, 4)), spec, tmp_path, 1)
    two = delta_of(row_batch(clustered_vectors(2, 4)), spec, tmp_path, 2)

    with pytest.raises(ValueError, match="not those of the manifest"):
        Snapshot.open(manifest_of(spec, one, two), [opened(two, spec), opened(one, spec)])


def test_fewer_come_back_only_when_fewer_are_live(tmp_path: Path) -> None:
    """Dead rows never take the place of live ones, though almost all of a base is dead."""
    spec, vectors = index_spec(16), clustered_vectors(25_000, 16)
    base = base_of(row_batch(vectors), spec, tmp_path, 1)
    dead = [f"r{row}" for row in range(25_000) if row % 1000]
    tombs = delta_of(row_batch(vectors[:0], revision=2, deleted=dead), spec, tmp_path, 2)
    snapshot = snapshot_of(spec, base, tombs)

    for top_k, expected in ((10, 10), (25, 25), (100, 25)):
        found = snapshot.search(vectors[:3], top_k=top_k, recall=0.8).matches

        assert [len(matches) for matches in found] == [expected] * 3


def test_matches_carry_what_was_asked_for(tmp_path: Path) -> None:
    """Attributes and vectors only on request; a match of a record with itself is exact."""
    spec, vectors = index_spec(4), clustered_vectors(2, 4)
    batch = row_batch(vectors, attributes=[{"lang": "fr"}, None])
    snapshot = snapshot_of(spec, delta_of(batch, spec, tmp_path))

    bare = snapshot.search(vectors[:1], top_k=1, recall=1.0).matches[0][0]
    full = snapshot.search(vectors[:1], top_k=1, recall=1.0, include_attributes=True, include_vectors=True)

    assert (bare.id, bare.attributes, bare.vector) == ("r0", None, None)
    assert bare.score == pytest.approx(1.0, abs=1e-7)
    assert full.matches[0][0].attributes == {"lang": "fr"}
    assert full.matches[0][0].vector is not None
    assert full.matches[0][0].vector.tolist() == vectors[0].tolist()


def test_threads_share_a_snapshot(tmp_path: Path) -> None:
    """Many threads searching and fetching at once, from the first query on, get what one gets alone."""
    spec, vectors = index_spec(32), clustered_vectors(3000, 32)
    base = base_of(row_batch(vectors[:2800]), spec, tmp_path, 1)
    delta = delta_of(row_batch(vectors[2800:], ids=[f"d{row}" for row in range(200)], revision=2), spec, tmp_path, 2)
    alone, shared = (snapshot_of(spec, base, delta, version=2) for _ in range(2))

    def answer(snapshot: Snapshot, number: int) -> list[tuple[str, float]]:
        matches = snapshot.search(vectors[number], top_k=10, recall=(0.8, 0.95, 1.0)[number % 3]).matches[0]
        return [(match.id, match.score) for match in matches]

    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda number: answer(shared, number), range(120)))

    assert together == [answer(alone, number) for number in range(120)]


def test_an_empty_shard_answers(tmp_path: Path) -> None:
    """No segments, or tombstones only: no matches, no failure."""
    spec = index_spec(4)
    tombs = delta_of(row_batch(np.empty((0, 4), np.float32), deleted=["a"]), spec, tmp_path)

    for snapshot in (snapshot_of(spec), snapshot_of(spec, tombs)):
        assert snapshot.live_rows == 0
        assert snapshot.search(np.ones((2, 4), np.float32), top_k=3).matches == [[], []]
        assert snapshot.fetch(["a"]) == [None]


@pytest.mark.parametrize(
    ("query", "top_k", "recall"),
    [
        pytest.param(np.ones(5), 1, 0.9, id="dimension"),
        pytest.param(np.full(4, np.nan), 1, 0.9, id="not a number"),
        pytest.param(np.ones(4), 0, 0.9, id="top_k"),
        pytest.param(np.ones(4), 1, 1.01, id="recall"),
    ],
)
def test_queries_without_an_answer_are_refused(query: np.ndarray, top_k: int, recall: float) -> None:
    """The error names the field."""
    with pytest.raises(InvalidRequest):
        snapshot_of(index_spec(4)).search(query.astype(np.float32), top_k=top_k, recall=recall)


def test_a_zero_query_has_an_answer_under_cosine(tmp_path: Path) -> None:
    """Its cosine with everything is 0."""
    spec = index_spec(4)
    snapshot = snapshot_of(spec, delta_of(row_batch(clustered_vectors(3, 4)), spec, tmp_path))

    matches = snapshot.search(np.zeros(4, np.float32), top_k=2).matches[0]

    assert [match.score for match in matches] == [0.0, 0.0]


def test_exact_search_of_real_vectors_is_exact(tmp_path: Path, wordnet: RealVectors) -> None:
    """At recall 1.0 the ten nearest of 8,000 sentence vectors are those of brute force, under every metric."""
    rows = wordnet.rows
    for metric in Metric:
        spec = index_spec(384, metric)
        snapshot = snapshot_of(spec, delta_of(row_batch(rows), spec, tmp_path / metric))
        queries = wordnet.queries
        # Unit vectors: all three metrics order alike.
        truth = np.argsort(-(queries @ rows.T), axis=1)[:, :10]

        found = snapshot.search(queries, top_k=10, recall=1.0)

        same = sum(
            len({match.id for match in matches} & {f"r{row}" for row in nearest})
            for matches, nearest in zip(found.matches, truth, strict=True)
        )
        assert same >= 999
