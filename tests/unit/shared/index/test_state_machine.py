"""Any sequence of writes, compactions and reopenings equals a dictionary with brute force."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from numpy.typing import NDArray

from shared.domain.collection import Metric
from shared.index.build import BuiltSegment, build_delta
from shared.index.compaction import (
    CompactionPlan,
    CompactionPolicy,
    CompactionReason,
    replace_segments,
)
from shared.index.merging import build_merged, merge_segments
from shared.index.rows import RowBatch
from shared.index.snapshot import Snapshot
from tests.unit.shared.index.builders import QUICK, index_spec, opened, snapshot_of, true_scores

_DIMENSION = 4
_IDS = [f"id-{number}" for number in range(12)]
# A message may be this much older, by its revision, than the newest: the promise behind the tombstone horizon.
_LATENESS = 6


@dataclass
class _Word:
    """The newest word on an id: a vector, or None where deleted."""

    revision: int
    vector: NDArray[np.float32] | None


class ShardMachine(RuleBasedStateMachine):
    """A shard beside a dictionary."""

    def __init__(self) -> None:
        super().__init__()
        self.directory = Path(tempfile.mkdtemp())
        self.model: dict[str, _Word] = {}
        self.built: list[BuiltSegment] = []
        self.clock = _LATENESS
        self.version = 0

    @initialize(metric=st.sampled_from(list(Metric)))
    def start(self, metric: Metric) -> None:
        """An empty shard."""
        self.spec = index_spec(_DIMENSION, metric)
        self.snapshot = snapshot_of(self.spec, version=0)

    def teardown(self) -> None:
        """Leave no files."""
        for path in sorted(self.directory.rglob("*"), reverse=True):
            path.unlink() if path.is_file() else path.rmdir()
        self.directory.rmdir()

    @rule(
        upserts=st.sets(st.sampled_from(_IDS), max_size=6),
        deletes=st.sets(st.sampled_from(_IDS), max_size=3),
        lateness=st.integers(0, _LATENESS),
        seed=st.integers(0, 10**6),
    )
    def commit(self, upserts: set[str], deletes: set[str], lateness: int, seed: int) -> None:
        """A delta whose revision may be older than those already committed."""
        self.clock += 1
        revision = self.clock - lateness
        names, gone = sorted(upserts), sorted(deletes - upserts)
        vectors = np.random.default_rng(seed).normal(size=(len(names), _DIMENSION)).astype(np.float32)
        batch = RowBatch(
            names,
            vectors,
            np.full(len(names), revision, np.int64),
            [{"revision": revision} for _ in names],
            gone,
            np.full(len(gone), revision, np.int64),
        )
        self.version += 1
        built = build_delta(batch, self.spec, version=self.version, directory=self.directory / f"delta-{self.version}")
        if built.entry.id in {one.entry.id for one in self.built}:  # named by its content
            return
        for name, vector in [*zip(names, vectors, strict=True), *((name, None) for name in gone)]:
            known = self.model.get(name)
            if known is None or revision >= known.revision:
                self.model[name] = _Word(revision, vector)
        self.built.append(built)
        self._advance()

    @precondition(lambda self: bool(self.built))
    @rule(data=st.data(), as_base=st.booleans())
    def compact(self, *, data: st.DataObject, as_base: bool) -> None:
        """Any neighbours become one segment: a delta or a base."""
        start = data.draw(st.integers(0, len(self.built) - 1))
        end = data.draw(st.integers(start + 1, len(self.built)))
        merged = self.built[start:end]
        plan = CompactionPlan(
            tuple(one.entry.id for one in merged),
            CompactionReason.TIER,
            start == 0,
            merged[0].entry.min_version,
            merged[-1].entry.max_version,
        )
        self.version += 1
        batch = merge_segments(self.snapshot, plan, keep_tombstones_since_revision=self.clock - _LATENESS)
        new = build_merged(
            batch,
            self.spec,
            plan,
            directory=self.directory / f"merged-{self.version}",
            policy=CompactionPolicy(base_from_rows=1 if as_base else 1000),
            options=QUICK,
        )
        by_id = {one.entry.id: one for one in [*self.built, *([new] if new else [])]}
        entries = replace_segments(self.snapshot.manifest, plan, new)
        self.built = [by_id[entry.id] for entry in entries]
        self._advance()

    @rule()
    def reopen(self) -> None:
        """A new process knows nothing of earlier versions."""
        self.snapshot = snapshot_of(self.spec, *self.built, version=self.version)

    def _advance(self) -> None:
        known = {segment.entry.id: segment for segment in self.snapshot.segments}
        segments = [known.get(one.entry.id) or opened(one, self.spec) for one in self.built]
        manifest = snapshot_of(self.spec, *self.built, version=self.version).manifest
        self.snapshot = Snapshot.open(manifest, segments, self.snapshot)

    @invariant()
    def holds_what_the_dictionary_holds(self) -> None:
        """Fetch, counts and exact search agree with the dictionary; a quick search finds as many, none of them dead."""
        expected = {name: word.vector for name, word in self.model.items() if word.vector is not None}
        assert self.snapshot.live_rows == len(expected)
        for name, record in zip(_IDS, self.snapshot.fetch(_IDS), strict=True):
            assert (record is not None) == (name in expected)
            if record is not None:
                assert record.vector.tolist() == expected[name].tolist()
                assert record.revision == self.model[name].revision
                assert record.attributes == {"revision": record.revision}
        query = np.array([1, -2, 0.5, 0.25], np.float32)
        matches = self.snapshot.search(query, top_k=5, recall=1.0).matches[0]
        vectors = np.array(list(expected.values()), np.float32).reshape(-1, _DIMENSION)
        scores = true_scores(vectors, query, self.spec.metric)[:5]
        assert [match.score for match in matches] == pytest.approx(scores, abs=1e-6)
        quick = self.snapshot.search(query, top_k=5, recall=0.6).matches[0]
        assert len(quick) == len(matches)
        assert all(match.id in expected for match in [*matches, *quick])


TestShard = ShardMachine.TestCase
TestShard.settings = settings(
    max_examples=40, stateful_step_count=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
