"""The sweep finds what was left undone, and removes what nothing needs, and nothing else."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count, pairwise
from pathlib import Path
from random import Random

import pytest

from functions.index_update.home_check import HomeCheck
from functions.index_update.lease import LEASE_S, ShardLeases
from functions.index_update.merge_choice import REST
from functions.index_update.sweeping import sweep as sweep_module
from functions.index_update.sweeping.retention import Retention
from functions.index_update.sweeping.shard_sweep import COLLECT_EVERY
from functions.ingest.collections import CollectionRegister
from shared.domain.paths import GRAVES, head_document, segment_file, shard_prefix, sweep_document
from shared.errors import DependencyUnavailable
from shared.index.manifest import Manifest, SegmentKind
from shared.manifests import Head
from shared.outcomes import Outcome
from shared.ports.objects import ObjectInfo
from shared.ports.state import Document, Write
from shared.topology import load_topology
from tests.builders.faults import Fault, FaultyObjects, FaultyState, failing
from tests.builders.pipeline import Pipeline, read
from tests.fakes.clock import FrozenClock
from tests.integration.pipeline.conftest import make_pipeline

_RETENTION = Retention()
_LONG_AFTER = _RETENTION.settled + timedelta(minutes=1)


def _clock(pipeline: Pipeline) -> FrozenClock:
    clock = pipeline.adapters.clock
    assert isinstance(clock, FrozenClock)
    return clock


def _manifest(pipeline: Pipeline) -> Manifest:
    return pipeline.reads().open(read()).snapshots[0].manifest


def _names(pipeline: Pipeline, folder: str = "") -> list[str]:
    prefix = f"{shard_prefix('c', pipeline.collection.uid, 0)}/{folder}"
    return [info.name for info in pipeline.adapters.objects.list(prefix)]


def _files(manifest: Manifest) -> set[str]:
    return {
        segment_file(manifest.collection, manifest.uid, manifest.shard, entry.id, file.name)
        for entry in manifest.segments
        for file in entry.files
    }


def _head(pipeline: Pipeline) -> Head:
    document = pipeline.adapters.state.get(head_document("c", 0))
    assert document is not None
    return Head.from_document(document)


def _write(pipeline: Pipeline, rounds: int, rows: int = 10) -> None:
    for number in range(rounds):
        pipeline.upsert({f"r{row}": (number, row) for row in range(rows)})
        pipeline.deliver(pipeline.taken("mutations"))


def test_a_lost_announcement_only_delays_a_compaction(tmp_path: Path) -> None:
    """A merge that is due, and of which nobody was told, is announced by the next sweep."""
    pipeline = make_pipeline(tmp_path, base_from_rows=40)
    _write(pipeline, 8)
    pipeline.taken("compactions")  # lost

    pipeline.sweep()
    pipeline.deliver_all()

    assert len(_manifest(pipeline).segments) < 8


def test_a_sweep_leaves_a_shard_alone_that_somebody_merges(tmp_path: Path) -> None:
    """While a lease lasts nothing is announced and nothing is collected."""
    pipeline = make_pipeline(tmp_path, base_from_rows=40)
    _write(pipeline, 8)
    pipeline.taken("compactions")
    ShardLeases(pipeline.adapters.state, _clock(pipeline), HomeCheck.of(load_topology())).acquire(
        pipeline.collection, 0
    )

    outcome = pipeline.sweep()

    assert Outcome.DONE == outcome
    assert [] == pipeline.taken("compactions")


def test_a_shard_at_rest_settles_into_one_segment(tmp_path: Path) -> None:
    """When writes cease, few small segments become one; then there is nothing more to announce."""
    pipeline = make_pipeline(tmp_path)
    for number in range(3):
        pipeline.upsert({f"r{number * 100 + row}": (number, row) for row in range(100)})
        pipeline.deliver_all()
    before = len(_manifest(pipeline).segments)

    for _ in range(3):
        _clock(pipeline).advance(REST)
        pipeline.sweep()
        pipeline.deliver_all()
    pipeline.sweep()

    assert 3 == before
    assert 1 == len(_manifest(pipeline).segments)
    assert 300 == pipeline.live_records()
    assert [] == pipeline.taken("compactions")


def test_replaced_rows_are_removed_from_a_base(tmp_path: Path) -> None:
    """A base most of whose rows were replaced is rewritten, though no tier is full."""
    pipeline = make_pipeline(tmp_path, base_from_rows=200)
    pipeline.upsert({f"r{row}": (row, 0) for row in range(300)})
    pipeline.deliver_all()
    pipeline.upsert({f"r{row}": (row, 1) for row in range(150)})
    pipeline.deliver_all()
    before = sum(entry.rows for entry in _manifest(pipeline).segments)

    pipeline.sweep()
    pipeline.deliver_all()

    assert (450, 300) == (before, sum(entry.rows for entry in _manifest(pipeline).segments))
    assert {"r7": (7.0, 1.0), "r200": (200.0, 0.0)} == pipeline.contents(["r7", "r200"])


def test_what_a_crash_left_behind_is_removed_when_it_is_settled(pipeline: Pipeline) -> None:
    """Objects of a commit that never came about stay for some hours, and then go."""
    pipeline.upsert({"a": (1, 1)})
    messages = pipeline.taken("mutations")
    with pytest.raises(DependencyUnavailable):
        pipeline.deliver(messages, pipeline.index_update(failing(pipeline.adapters, Fault(4, after_effect=False))))
    left = set(_names(pipeline))

    _clock(pipeline).advance(_RETENTION.settled - timedelta(minutes=1))
    pipeline.sweep()
    early = set(_names(pipeline))
    _clock(pipeline).advance(COLLECT_EVERY)
    pipeline.sweep()

    assert 2 == len(left)
    assert left == early
    assert set() == set(_names(pipeline))


def test_a_write_whose_first_attempt_was_collected_is_committed_whole(pipeline: Pipeline) -> None:
    """A delivery days later builds the same rows again, under names that were never garbage."""
    pipeline.upsert({"a": (1, 1)})
    messages = pipeline.taken("mutations")
    with pytest.raises(DependencyUnavailable):
        pipeline.deliver(messages, pipeline.index_update(failing(pipeline.adapters, Fault(4, after_effect=False))))
    _clock(pipeline).advance(_LONG_AFTER)
    listed = list(pipeline.adapters.objects.list("collections/c/"))

    pipeline.deliver(messages)
    for info in listed:  # a collector that listed before the delivery, and deletes after it
        pipeline.adapters.objects.delete(info.name)

    assert {"a": (1.0, 1.0)} == pipeline.contents(["a"])


def test_superseded_segments_stay_for_as_long_as_history_names_them(tmp_path: Path) -> None:
    """A week of versions at full hours can be read whole; what none of them names is gone."""
    pipeline = make_pipeline(tmp_path, base_from_rows=40)
    clock, versions = _clock(pipeline), []
    for hour in range(24):
        _write(pipeline, 2)
        pipeline.deliver_all()
        clock.advance(timedelta(minutes=30))
        if hour < 4:
            versions.append(_manifest(pipeline))
        clock.advance(timedelta(minutes=30))
        pipeline.sweep()
    day_later = set(_names(pipeline, "segments/"))
    clock.advance(_RETENTION.history)
    for _ in range(3):
        clock.advance(COLLECT_EVERY)
        pipeline.sweep()

    assert all(_files(manifest) <= day_later for manifest in versions)
    assert _files(_manifest(pipeline)) == set(_names(pipeline, "segments/"))
    assert [_head(pipeline).manifest] == _names(pipeline, "manifests/")


@dataclass
class _Readers:
    """Versions that somebody opened, and until when he may read them."""

    opened: list[tuple[datetime, Manifest]] = field(default_factory=list)

    def open(self, pipeline: Pipeline) -> None:
        until = _clock(pipeline).now() + _RETENTION.grace
        self.opened.append((until, _manifest(pipeline)))

    def missing(self, pipeline: Pipeline) -> set[str]:
        """Files that a reader who is still at it would not find."""
        now = _clock(pipeline).now()
        needed = {name for until, manifest in self.opened if now <= until for name in _files(manifest)}
        return needed - set(_names(pipeline, "segments/"))


@pytest.mark.parametrize("seed", range(4))
def test_no_reader_ever_loses_a_file(tmp_path: Path, seed: int) -> None:
    """Writes, merges, crashes and sweeps in any order: whoever opened a version within the grace can read it."""
    random, readers = Random(seed), _Readers()
    pipeline = make_pipeline(tmp_path, base_from_rows=60)
    for _ in range(120):
        action = random.random()
        if action < 0.45:
            pipeline.upsert({f"r{random.randrange(80)}": (random.random(), 1) for _ in range(15)})
            pipeline.deliver(pipeline.taken("mutations"))
        elif action < 0.55:
            pipeline.upsert({"r1": (1, 1)})
            fault = Fault(random.randint(2, 5), after_effect=random.random() < 0.5)
            messages = pipeline.taken("mutations")
            try:
                pipeline.deliver(messages, pipeline.index_update(failing(pipeline.adapters, fault)))
            except DependencyUnavailable:
                _clock(pipeline).advance(timedelta(minutes=random.choice([1, 300])))
                pipeline.deliver(messages)
        elif action < 0.7:
            pipeline.deliver_all()
        elif action < 0.85:
            _clock(pipeline).advance(timedelta(minutes=random.choice([1, 10, 59, 61, 240])))
        else:
            pipeline.sweep()
        readers.open(pipeline)

        assert set() == readers.missing(pipeline)
    assert _files(_manifest(pipeline)) <= set(_names(pipeline, "segments/"))


class _ActsBefore(FaultyObjects):
    """Lets something happen just before the first delete."""

    def __init__(self, pipeline: Pipeline, act: object) -> None:
        super().__init__(pipeline.adapters.objects, Fault(0, after_effect=False))
        self._act = act

    def delete(self, name: str, *, if_generation: int | None = None) -> None:
        act, self._act = self._act, None
        if callable(act):
            act()
        self.inner.delete(name, if_generation=if_generation)


def _superseded(pipeline: Pipeline) -> None:
    """Make garbage: several versions, merged long ago."""
    _write(pipeline, 6)
    pipeline.deliver_all()
    _clock(pipeline).advance(_RETENTION.history + _LONG_AFTER)


def test_a_collector_that_slept_past_its_lease_deletes_no_more(tmp_path: Path) -> None:
    """Before each delete it looks whether its lease is still its own."""
    pipeline = make_pipeline(tmp_path, base_from_rows=40)
    _superseded(pipeline)
    before = len(_names(pipeline))

    def oversleep() -> None:
        _clock(pipeline).advance(timedelta(seconds=LEASE_S + 1))

    pipeline.sweep(replace(pipeline.adapters, objects=_ActsBefore(pipeline, oversleep)))

    assert before - 1 == len(_names(pipeline))


def test_a_commit_prepared_before_a_collection_begins_again(pipeline: Pipeline) -> None:
    """A writer that slept for hours between upload and commit finds that the head has been taken, and loses nothing."""
    pipeline.upsert({"a": (1, 1)})
    messages = pipeline.taken("mutations")

    class Sleeps(FaultyState):
        """Lets the sweep collect what was uploaded just before the commit that would name it."""

        slept = False

        def commit(self, writes: Sequence[Write]) -> Sequence[str]:
            if not self.slept:
                self.slept = True
                _clock(pipeline).advance(_LONG_AFTER)
                pipeline.sweep()
                assert [] == _names(pipeline)
            return self.inner.commit(writes)

    adapters = replace(pipeline.adapters, state=Sleeps(pipeline.adapters.state, Fault(0, after_effect=False)))
    outcomes = pipeline.deliver(messages, pipeline.index_update(adapters))

    assert [Outcome.DONE] == outcomes
    assert {"a": (1.0, 1.0)} == pipeline.contents(["a"])


def test_a_version_that_comes_back_is_not_deleted(tmp_path: Path) -> None:
    """What was found to be garbage is looked for in the head's version once more before it goes."""
    pipeline = make_pipeline(tmp_path, base_from_rows=40)
    _write(pipeline, 6)
    old = _head(pipeline)
    pipeline.deliver_all()
    _clock(pipeline).advance(_RETENTION.history + _LONG_AFTER)
    document = pipeline.adapters.state.get(head_document("c", 0))
    assert document is not None
    files = _files(pipeline.reads().open(read()).snapshots[0].manifest)

    class Restores(FaultyState):
        """An operator puts the head back to an old version while the collector is at work."""

        looks = 0

        def get(self, path: str) -> Document | None:
            found = self.inner.get(path)
            if path.endswith("/heads/0") and found is not None:
                self.looks += 1
                if self.looks > 2:  # the lease, the listing, and from then on before each delete
                    restored = {**found.data, "version": old.version, "manifest": old.manifest}
                    return found._replace(data=restored)
            return found

    adapters = replace(pipeline.adapters, state=Restores(pipeline.adapters.state, Fault(0, after_effect=False)))
    pipeline.sweep(adapters)

    restored = pipeline.adapters.objects
    assert old.manifest is None or restored.stat(old.manifest) is not None
    assert files <= set(_names(pipeline, "segments/"))


@pytest.mark.parametrize("after_effect", [False, True], ids=["before", "after"])
def test_a_sweep_that_dies_anywhere_is_finished_by_the_next(tmp_path: Path, *, after_effect: bool) -> None:
    """Kill the sweep at its 1st, 2nd, ... call; what is kept can be read whole, and the next one removes the rest."""
    for at_call in count(1):
        pipeline = make_pipeline(tmp_path / f"{at_call}", base_from_rows=40)
        _superseded(pipeline)
        contents = pipeline.contents(["r1", "r5"])
        fault = Fault(at_call, after_effect)

        with suppress(DependencyUnavailable):
            pipeline.sweep(failing(pipeline.adapters, fault))
        between = pipeline.contents(["r1", "r5"])
        for _ in range(2):
            _clock(pipeline).advance(max(COLLECT_EVERY, timedelta(seconds=LEASE_S + 1)))
            pipeline.sweep()

        assert contents == between == pipeline.contents(["r1", "r5"]), at_call
        assert _files(_manifest(pipeline)) == set(_names(pipeline, "segments/")), at_call
        assert [_head(pipeline).manifest] == _names(pipeline, "manifests/"), at_call
        if not fault.fired:
            assert at_call > 20  # the loop has gone through every call of the sweep
            return


def test_a_sweep_stops_at_its_budget_and_the_next_one_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Deletions of one run are bounded; an incomplete collection is due again at once."""
    pipeline = make_pipeline(tmp_path, base_from_rows=40)
    _superseded(pipeline)
    monkeypatch.setattr(sweep_module, "DELETIONS", 3)
    counts = [len(_names(pipeline))]

    while counts[-1] > 2:
        pipeline.sweep()
        counts.append(len(_names(pipeline)))

    assert {3} >= {before - after for before, after in pairwise(counts[:-1])}


def test_a_sweep_goes_on_at_the_collection_where_time_ran_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Collections take turns when one run cannot look at all of them."""
    pipeline = make_pipeline(tmp_path)
    register = CollectionRegister(pipeline.adapters.state, pipeline.adapters.clock)
    for name in ("a", "b", "d"):
        register.declare(replace(pipeline.collection, name=name))
    looked: list[str] = []

    class Slow(FaultyState):
        """Every look at a shard takes 50 s."""

        def get_many(self, paths: Sequence[str]) -> list[Document | None]:
            if "/sweeps/" in paths[-1]:
                looked.append(paths[0].split("/")[1])
                _clock(pipeline).advance(timedelta(seconds=50))
            return self.inner.get_many(paths)

    adapters = replace(pipeline.adapters, state=Slow(pipeline.adapters.state, Fault(0, after_effect=False)))
    for _ in range(3):
        pipeline.sweep(adapters)

    assert ["a", "b", "c", "d", "a", "b", "c"] == looked


def test_one_damaged_shard_does_not_keep_the_others_from_their_sweep(tmp_path: Path) -> None:
    """A manifest that cannot be read stops the collection of its shard, and nothing else."""
    pipeline = make_pipeline(tmp_path, shards=2)
    pipeline.upsert({f"r{row}": (row, 1) for row in range(40)})
    pipeline.deliver_all()
    damaged = _head(pipeline).manifest
    assert damaged is not None
    pipeline.adapters.objects.put(damaged, b"{}")

    outcome = pipeline.sweep()

    records = [pipeline.adapters.state.get(sweep_document("c", shard)) for shard in range(2)]
    assert Outcome.DONE == outcome
    assert [True, False] == [record is None for record in records]


def test_a_shard_at_rest_costs_no_listing(pipeline: Pipeline) -> None:
    """Once clean and quiet, a shard is looked at by two reads of the state store, and its lease is left alone."""
    pipeline.upsert({"a": (1, 1)})
    pipeline.deliver_all()
    for _ in range(3):
        _clock(pipeline).advance(COLLECT_EVERY)
        pipeline.sweep()
        pipeline.deliver_all()
    token = _head(pipeline).lease.fencing_token

    class NoListing(FaultyObjects):
        def list(self, prefix: str) -> Iterator[ObjectInfo]:
            raise AssertionError(prefix)

    objects = NoListing(pipeline.adapters.objects, Fault(0, after_effect=False))
    _clock(pipeline).advance(10 * COLLECT_EVERY)
    pipeline.sweep(replace(pipeline.adapters, objects=objects))

    assert token == _head(pipeline).lease.fencing_token


def test_payloads_and_journals_go_when_no_delivery_can_need_them(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They outlive the greatest age of an event."""
    monkeypatch.setattr("shared.writes.accept.MAX_INLINE_PAYLOAD_BYTES", 10)
    pipeline.upsert({"a": (1, 1)})
    pipeline.update("a", {"x": 1})
    pipeline.deliver_all()
    clock, counts = _clock(pipeline), []
    for step in (_RETENTION.payloads - timedelta(minutes=1), timedelta(minutes=2) + COLLECT_EVERY):
        clock.advance(step)
        pipeline.sweep()
        counts.append((len(_names(pipeline, "payloads/")), len(_names(pipeline, "updates/"))))

    assert [(2, 1), (0, 0)] == counts
    assert {"a": (1.0, 1.0)} == pipeline.contents(["a"])


def test_a_delivery_whose_payload_was_removed_after_its_commit_is_a_duplicate(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is acknowledged, not parked: its write has taken effect."""
    monkeypatch.setattr("shared.writes.accept.MAX_INLINE_PAYLOAD_BYTES", 10)
    pipeline.upsert({"a": (1, 1)})
    messages = pipeline.taken("mutations")
    pipeline.deliver(messages)
    for name in _names(pipeline, "payloads/"):
        pipeline.adapters.objects.delete(name)

    assert [Outcome.DUPLICATE] == pipeline.deliver(messages)


def test_objects_of_a_deleted_collection_are_removed_after_the_grace(pipeline: Pipeline) -> None:
    """Its successor of the same name keeps its own, and the grave is closed."""
    register = CollectionRegister(pipeline.adapters.state, pipeline.adapters.clock)
    pipeline.upsert({"a": (1, 1)})
    pipeline.deliver_all()
    first = pipeline.collection
    register.delete("c")
    pipeline.collection, _ = register.declare(first)
    pipeline.upsert({"a": (2, 2)})
    pipeline.deliver_all()
    old = f"collections/c/{first.uid}/"

    pipeline.sweep()
    early = list(pipeline.adapters.objects.list(old))
    _clock(pipeline).advance(_RETENTION.readers + timedelta(minutes=1))
    pipeline.sweep()

    assert 2 == len(early)
    assert [] == list(pipeline.adapters.objects.list(old))
    assert [] == pipeline.adapters.state.list(GRAVES)
    assert {"a": (2.0, 2.0)} == pipeline.contents(["a"])


def test_kinds_of_segments_survive_sweeping(tmp_path: Path) -> None:
    """A base that the head names is kept with all its files, however old it is."""
    pipeline = make_pipeline(tmp_path, base_from_rows=100)
    pipeline.upsert({f"r{row}": (row, 1) for row in range(150)})
    pipeline.deliver_all()

    for _ in range(4):
        _clock(pipeline).advance(timedelta(days=3))
        pipeline.sweep()
        pipeline.deliver_all()

    assert [SegmentKind.BASE] == [entry.kind for entry in _manifest(pipeline).segments]
    assert _files(_manifest(pipeline)) == set(_names(pipeline, "segments/"))
    assert 150 == pipeline.live_records()
