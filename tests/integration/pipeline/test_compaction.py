"""Compaction merges segments without losing, repeating or reviving a record."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from functions.index_update.home_check import HomeCheck
from functions.index_update.lease import LEASE_S, LeaseHeld, ShardLeases
from shared.events.mutations import MutationsAcceptedV1
from shared.index.manifest import SegmentKind
from shared.manifests import Head
from shared.outcomes import Outcome
from shared.ports.state import Document, Write
from shared.topology import load_topology
from tests.builders.faults import Fault, FaultyState
from tests.builders.pipeline import Pipeline, read
from tests.fakes.clock import FrozenClock
from tests.integration.pipeline.conftest import make_pipeline


def _fill(pipeline: Pipeline, rows: int, batch: int = 50) -> dict[str, tuple[float, float]]:
    values = {f"r{number:04}": (float(number), float(number % 7)) for number in range(rows)}
    ids = list(values)
    for start in range(0, rows, batch):
        pipeline.upsert({record_id: values[record_id] for record_id in ids[start : start + batch]})
    return values


def _kinds(pipeline: Pipeline) -> list[SegmentKind]:
    return [segment.kind for segment in pipeline.reads().open(read()).snapshots[0].manifest.segments]


def test_many_deltas_become_a_base_segment_with_the_same_contents(tmp_path: Path) -> None:
    """When delta rows pass the threshold a forest is built, and every record reads as before."""
    pipeline = make_pipeline(tmp_path, base_from_rows=400)
    values = _fill(pipeline, 500)

    pipeline.deliver_all()

    assert SegmentKind.BASE in _kinds(pipeline)
    assert values == pipeline.contents(list(values))
    assert 500 == pipeline.live_records()


def test_recall_of_the_forest_against_brute_force(tmp_path: Path) -> None:
    """At the default recall target, found neighbours agree with brute force on at least 95 %."""
    pipeline = make_pipeline(tmp_path, base_from_rows=1000)
    values = _fill(pipeline, 2000, batch=500)
    pipeline.deliver_all()
    rows = np.array(list(values.values()), np.float32)
    ids = np.array(list(values))

    hits = 0
    for number in range(50):
        query = rows[number * 37 % 2000] + np.float32(0.3)
        truth = set(ids[np.argsort(((rows - query) ** 2).sum(axis=1), kind="stable")[:10]].tolist())
        hits += len(truth & set(pipeline.nearest(query.tolist(), top_k=10)))

    assert hits / 500 >= 0.95


def test_replaced_and_deleted_records_never_show_their_old_self(tmp_path: Path) -> None:
    """After compaction, and after later changes on top of it, only the newest state is found."""
    pipeline = make_pipeline(tmp_path, base_from_rows=100)
    values = _fill(pipeline, 200)
    pipeline.deliver_all()

    pipeline.upsert({"r0001": (1000, 1000)})
    pipeline.delete("r0002")
    pipeline.deliver_all()

    assert "r0001" not in pipeline.nearest(values["r0001"], top_k=5)
    assert "r0002" not in pipeline.nearest(values["r0002"], top_k=200)
    assert ["r0001"] == pipeline.nearest((1000, 1000), top_k=1)
    assert 199 == pipeline.live_records()


def test_a_late_old_write_does_not_bring_a_deleted_record_back(tmp_path: Path) -> None:
    """A tombstone outlives compaction for as long as an older delivery can still arrive."""
    pipeline = make_pipeline(tmp_path, base_from_rows=20)
    pipeline.upsert({"ghost": (1, 1)})
    late = pipeline.taken("mutations")
    pipeline.delete("ghost")
    _fill(pipeline, 60, batch=10)
    pipeline.deliver_all()

    pipeline.deliver(late)
    pipeline.deliver_all()

    assert {} == pipeline.contents(["ghost"])
    assert 60 == pipeline.live_records()


def test_writes_that_arrive_during_a_compaction_are_kept(tmp_path: Path) -> None:
    """The new base takes its place in whatever version is current when it is ready."""
    pipeline = make_pipeline(tmp_path, base_from_rows=100)
    values = _fill(pipeline, 120, batch=60)
    pipeline.deliver(pipeline.taken("mutations"))
    due = pipeline.taken("compactions")[-1]

    class WritesMeanwhile(FaultyState):
        """Lets another instance commit just before the compaction's own compare-and-set."""

        written = False

        def commit(self, writes: Sequence[Write]) -> Sequence[str]:
            moves_head = any("manifest" in write.data and write.data["version"] > 2 for write in writes)  # type: ignore[union-attr]
            if moves_head and not self.written:
                self.written = True
                pipeline.upsert({"r0000": (-5, -5), "new": (7, 7)})
                pipeline.deliver(pipeline.taken("mutations"))
            return self.inner.commit(writes)

    adapters = replace(pipeline.adapters, state=WritesMeanwhile(pipeline.adapters.state, Fault(0, after_effect=False)))
    outcomes = pipeline.deliver([due], pipeline.index_update(adapters))

    assert [Outcome.DONE] == outcomes
    expected = {**values, "r0000": (-5.0, -5.0), "new": (7.0, 7.0)}
    assert expected == pipeline.contents(list(expected))
    assert 121 == pipeline.live_records()
    assert [SegmentKind.BASE, SegmentKind.DELTA] == _kinds(pipeline)


def test_a_second_compaction_of_a_shard_waits_for_the_first(pipeline: Pipeline) -> None:
    """While a lease lasts nobody else gets one; after it lapses the next holder's fencing token is higher."""
    clock = pipeline.adapters.clock
    assert isinstance(clock, FrozenClock)
    leases = ShardLeases(pipeline.adapters.state, clock, HomeCheck.of(load_topology()))

    first = leases.acquire(pipeline.collection, 0)
    with pytest.raises(LeaseHeld):
        leases.acquire(pipeline.collection, 0)
    clock.advance(timedelta(seconds=LEASE_S + 1))
    second = leases.acquire(pipeline.collection, 0)

    assert first is not None
    assert second is not None
    assert second.fencing_token > first.fencing_token


def test_a_compaction_whose_lease_was_taken_over_changes_nothing(tmp_path: Path) -> None:
    """A function that slept past its lease finds a higher fencing token and gives up."""
    pipeline = make_pipeline(tmp_path, base_from_rows=100)
    values = _fill(pipeline, 120, batch=60)
    pipeline.deliver(pipeline.taken("mutations"))
    due = pipeline.taken("compactions")[-1]
    assert isinstance(pipeline.adapters.clock, FrozenClock)
    clock: FrozenClock = pipeline.adapters.clock

    class Sleeps(FaultyState):
        """Lets another instance take the lease over while this one builds."""

        reads_of_head = 0

        def get(self, path: str) -> Document | None:
            self.reads_of_head += path.endswith("/heads/0")
            if self.reads_of_head == 4:
                clock.advance(timedelta(seconds=LEASE_S + 1))
                ShardLeases(self.inner, clock, HomeCheck.of(load_topology())).acquire(pipeline.collection, 0)
            return self.inner.get(path)

    adapters = replace(pipeline.adapters, state=Sleeps(pipeline.adapters.state, Fault(0, after_effect=False)))
    outcomes = pipeline.deliver([due], pipeline.index_update(adapters))

    assert [Outcome.STALE] == outcomes
    assert [SegmentKind.DELTA, SegmentKind.DELTA] == _kinds(pipeline)
    assert values == pipeline.contents(list(values))


def test_the_lease_is_given_back_when_compaction_ends(tmp_path: Path) -> None:
    """The next compaction need not wait for the lease to lapse."""
    pipeline = make_pipeline(tmp_path, base_from_rows=100)
    _fill(pipeline, 120, batch=60)
    pipeline.deliver_all()

    head = pipeline.adapters.state.get("collections/c/heads/0")

    assert head is not None
    assert 0.0 == Head.from_document(head).lease.expires_at


def test_tombstones_outlive_every_delivery_that_they_hold_back() -> None:
    """The horizon of compaction is the greatest age at which a mutation is still taken."""
    assert timedelta(days=7) == MutationsAcceptedV1.max_age
