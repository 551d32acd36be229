"""Reads see versions as new as they ask for, and never a broken one."""

import errno
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from shared.adapters.opening import open_adapters
from shared.cache.segment_cache import CacheLimits, SegmentCache
from shared.domain.collection import Metric
from shared.domain.paths import head_document
from shared.domain.versions import VersionVector
from shared.errors import CorruptObject, DependencyUnavailable, InvalidRequest, NotFound, VersionNotVisible
from shared.manifests import Head, ManifestReader
from shared.ports.objects import ObjectStore
from shared.reads.heads import Heads
from shared.reads.service import AnswerReads, Search
from shared.reads.snapshots import Snapshots
from shared.settings import Settings
from tests.builders.faults import Fault, FaultyObjects
from tests.builders.interference import InterferedObjects
from tests.builders.pipeline import Pipeline, read
from tests.fakes.publisher import RecordingPublisher
from tests.integration.pipeline.conftest import make_pipeline

_ANY = Search(vectors=[[0.0, 0.0]], near_id=None, top_k=10, recall=0.95)
_ANY_COSINE = Search(vectors=[[1.0, 1.0]], near_id=None, top_k=10, recall=0.95)


def test_eventual_reads_may_lag_and_strong_reads_do_not(pipeline: Pipeline) -> None:
    """Within the stated staleness an eventual read repeats what it saw; a strong one sees every commit."""
    reads = pipeline.reads()
    pipeline.upsert({"a": (1, 1)})
    pipeline.deliver_all()
    first = reads.search(read(staleness_s=3600), _ANY)
    pipeline.upsert({"b": (2, 2)})
    pipeline.deliver_all()

    eventual = reads.search(read(staleness_s=3600), _ANY)
    strong = reads.search(read(), _ANY)

    assert "0:1" == str(first.opened.version) == str(eventual.opened.version)
    assert "0:2" == str(strong.opened.version)


def test_what_was_opened_before_serves_while_newer_heads_are_opened(pipeline: Pipeline) -> None:
    """As long as a read may see it and no longer; when half of that time is over the next version is to be opened."""
    seconds = [100.0]
    reads = pipeline.reads(lambda: seconds[-1])

    def at(moment_s: float) -> tuple[bool, str | None]:
        seconds.append(moment_s)
        warm = reads.warm(read(staleness_s=1))
        return reads.is_ageing(read(staleness_s=1)), None if warm is None else str(warm.version)

    pipeline.upsert({"a": (1, 1)})
    pipeline.deliver_all()
    reads.open(read(staleness_s=1))
    pipeline.upsert({"b": (2, 2)})
    pipeline.deliver_all()

    before = [at(100.4), at(100.6)]
    reads.seen(read(staleness_s=0.5))  # the first step of opening it
    meanwhile = [at(100.9), at(101.1)]
    reads.open(read(staleness_s=0.8))

    assert before == [(False, "0:1"), (True, "0:1")]
    assert meanwhile == [(False, "0:1"), (False, None)]
    assert at(101.2) == (True, "0:2")


def test_a_read_with_a_least_version_sees_that_write(pipeline: Pipeline) -> None:
    """The version that a write returned makes a lagging reader look again."""
    reads = pipeline.reads()
    pipeline.upsert({"a": (1, 1)})
    pipeline.deliver_all()
    reads.search(read(staleness_s=3600), _ANY)
    write = pipeline.upsert({"b": (2, 2)})
    pipeline.deliver_all()
    committed = pipeline.writes.committed(write)
    assert committed is not None

    found = reads.search(read(str(committed.version), staleness_s=3600), _ANY)

    assert ["a", "b"] == [match.id for match in found.answer.matches[0]]


def test_a_version_from_the_future_is_not_visible(pipeline: Pipeline) -> None:
    """A reader never pretends to a version that is not committed."""
    with pytest.raises(VersionNotVisible, match="asked for 0:7"):
        pipeline.reads().search(read("0:7"), _ANY)


def test_an_empty_collection_answers_with_nothing(pipeline: Pipeline) -> None:
    """Version 0 has no segments and no matches."""
    found = pipeline.reads().search(read(), _ANY)

    assert [[]] == found.answer.matches


def test_more_like_this_leaves_the_record_itself_out(pipeline: Pipeline) -> None:
    """Neighbours of a stored record do not include it, even when another record stands at the same place."""
    pipeline.upsert({"a": (1, 1), "twin": (1, 1), "far": (9, 9)})
    pipeline.deliver_all()

    found = pipeline.reads().search(read(), Search(vectors=[], near_id="a", top_k=2, recall=1.0))

    assert ["twin", "far"] == [match.id for match in found.answer.matches[0]]


def test_more_like_an_unknown_record_is_not_found(pipeline: Pipeline) -> None:
    """The error names the record and the collection."""
    with pytest.raises(NotFound, match="'nobody' does not exist in collection 'c'"):
        pipeline.reads().search(read(), Search(vectors=[], near_id="nobody", top_k=2, recall=1.0))


def test_a_vector_of_another_dimension_is_refused(pipeline: Pipeline) -> None:
    """The error names the field, what it was and what is allowed."""
    with pytest.raises(InvalidRequest, match=r"vectors\[0\]: got 3 numbers, allowed: 2 finite numbers"):
        pipeline.reads().search(read(), Search(vectors=[[1, 2, 3]], near_id=None, top_k=2, recall=1.0))


def _segment_files(pipeline: Pipeline, root: Path) -> list[Path]:
    pipeline.upsert({"a": (1, 1)})
    pipeline.deliver_all()
    pipeline.contents(["a"])
    return [path for path in root.rglob("*") if path.is_file()]


def test_a_damaged_local_copy_is_fetched_anew(pipeline: Pipeline) -> None:
    """A truncated file in the cache of an earlier instance is detected by its checksum and replaced."""
    for path in _segment_files(pipeline, pipeline.directory / "query-cache"):
        content = path.read_bytes()
        path.unlink()
        path.write_bytes(content[:-8])

    assert {"a": (1.0, 1.0)} == pipeline.contents(["a"])


Damaging = Callable[[bytes], bytes]


@pytest.mark.parametrize(
    "damage", [lambda c: c[:-8], lambda c: c[:-1] + b"\xff", lambda _: b""], ids=["cut", "flip", "empty"]
)
def test_a_damaged_object_is_refused_and_the_rest_is_served(pipeline: Pipeline, damage: Damaging) -> None:
    """An answer without a damaged segment says what is missing; a read that wants the whole gets the error by name."""
    _segment_files(pipeline, pipeline.directory / "query-cache")
    pipeline.upsert({"b": (2, 2)})
    pipeline.deliver(pipeline.taken("mutations"))
    shutil.rmtree(pipeline.directory / "query-cache")
    damaged = pipeline.reads().open(read()).snapshots[0].manifest.segments[0]
    shutil.rmtree(pipeline.directory / "query-cache")
    for info in list(pipeline.adapters.objects.list("collections/c/")):
        if damaged.id in info.name:
            pipeline.adapters.objects.put(info.name, damage(pipeline.adapters.objects.read(info.name)))

    found = pipeline.reads().search(read(), _ANY)

    assert ["b"] == [match.id for match in found.answer.matches[0]]
    assert [(damaged.id, 1)] == [(damage.segment, damage.rows) for damage in found.opened.damages]
    with pytest.raises(CorruptObject, match=damaged.id):
        pipeline.reads().search(read(whole=True), _ANY)


def test_a_damaged_segment_heals_when_its_object_is_restored(pipeline: Pipeline) -> None:
    """Quarantine ends by itself: no restart, no new version is needed."""
    _segment_files(pipeline, pipeline.directory / "query-cache")
    shutil.rmtree(pipeline.directory / "query-cache")
    (info,) = (i for i in pipeline.adapters.objects.list("collections/c/") if "/segments/" in i.name)
    content = pipeline.adapters.objects.read(info.name)
    pipeline.adapters.objects.put(info.name, content[:-1])
    now_s = [0.0]
    reads = pipeline.reads(monotonic_s=lambda: now_s[0])

    damaged = reads.open(read()).damages
    pipeline.adapters.objects.put(info.name, content)
    still = reads.open(read()).damages
    now_s[0] = 61.0
    healed = reads.open(read()).damages

    assert (1, 1, 0) == (len(damaged), len(still), len(healed))


def _readings(pipeline: Pipeline, *, spoil: int) -> list[str]:
    """Three versions of one record each; the manifests of so many of the newest are cut. Their names, newest first."""
    for number in range(3):
        pipeline.upsert({f"r{number}": (number, number)})
        pipeline.deliver(pipeline.taken("mutations"))
    objects = pipeline.adapters.objects
    names = sorted((info.name for info in objects.list("collections/c/") if "/manifests/" in info.name), reverse=True)
    for name in names[:spoil]:
        objects.put(name, objects.read(name)[:-9])
    return names


@pytest.mark.parametrize("spoil", [1, 2])
def test_an_older_version_stands_in_for_a_damaged_manifest(pipeline: Pipeline, spoil: int) -> None:
    """It is the newest that is whole, it is named, and a read that wants more than it has gets the error."""
    _readings(pipeline, spoil=spoil)
    eventual = replace(read(), freshness=replace(read().freshness, may_be_stale=True))
    later = replace(eventual, freshness=replace(eventual.freshness, least=VersionVector({0: 3})))
    reads = pipeline.reads()

    found = reads.search(eventual, _ANY)

    assert {f"r{number}" for number in range(3 - spoil)} == {match.id for match in found.answer.matches[0]}
    (stand_in,) = found.opened.stand_ins
    assert (0, 3, 3 - spoil) == (stand_in.shard, stand_in.version, stand_in.shown_version)
    assert not found.opened.is_whole
    for wanting in (read(), replace(eventual, whole=True, freshness=read().freshness), later):
        assert reads.warm(wanting) is None
        with pytest.raises(CorruptObject, match="manifest"):
            reads.search(wanting, _ANY)


def test_a_damaged_manifest_is_looked_at_again_after_a_minute(pipeline: Pipeline) -> None:
    """Not with every read; restored, it serves without a restart, and a newer version serves at once."""
    (name, *_) = _readings(pipeline, spoil=0)
    content = pipeline.adapters.objects.read(name)
    pipeline.adapters.objects.put(name, content[:-9])
    now_s = [0.0]
    reads = pipeline.reads(monotonic_s=lambda: now_s[0])
    eventual = replace(read(), freshness=replace(read().freshness, may_be_stale=True))

    shown = [reads.open(eventual).stand_ins]
    pipeline.adapters.objects.put(name, content)
    shown.append(reads.open(eventual).stand_ins)
    now_s[0] = 61.0
    shown.append(reads.open(eventual).stand_ins)

    assert [1, 1, 0] == [len(stand_ins) for stand_ins in shown]


def test_nothing_from_before_an_erasure_and_nothing_that_lost_its_race_stands_in(pipeline: Pipeline) -> None:
    """Then the error names the manifest."""
    names = _readings(pipeline, spoil=1)
    manifests, objects = ManifestReader(pipeline.adapters.objects), pipeline.adapters.objects
    document = pipeline.adapters.state.get(head_document("c", 0))
    assert document is not None
    head = Head.from_document(document)

    erased = manifests.before(pipeline.collection, 0, replace(head, history_from=3))
    objects.put(names[1].replace(".json", "-lost.json"), objects.read(names[1]))
    after_a_race = manifests.before(pipeline.collection, 0, head)

    assert erased is None
    assert after_a_race is not None
    assert 1 == after_a_race.version


def test_the_cache_keeps_what_is_used_most(pipeline: Pipeline) -> None:
    """Above its limit the cache removes the coldest segment's files, and fetches them again when they are needed."""
    for number in range(3):
        pipeline.upsert({f"r{number}": (number, number)})
        pipeline.deliver(pipeline.taken("mutations"))
    manifest = pipeline.reads().open(read()).snapshots[0].manifest
    limit = manifest.segments[0].size_bytes * 2
    directory = pipeline.directory / "small-cache"
    cache = SegmentCache(pipeline.adapters.objects, directory, CacheLimits(limit, limit))

    first, _, third = (entry.id for entry in manifest.segments)
    for place in (0, 1, 0, 2):
        cache.open(manifest, manifest.segments[place])

    assert {first, third} == {path.name for path in directory.glob("*/*")}
    assert {"segments": 2, "bytes": limit, "opened": 1} == cache.stats()["hot"]
    assert 1 == cache.open(manifest, manifest.segments[1]).rows


def test_an_unmapped_segment_opens_from_the_local_disk(pipeline: Pipeline) -> None:
    """What leaves the hot tier stays warm: opening it again fetches nothing."""
    for number in range(2):
        pipeline.upsert({f"r{number}": (number, number)})
        pipeline.deliver(pipeline.taken("mutations"))
    manifest = pipeline.reads().open(read()).snapshots[0].manifest
    limits = CacheLimits(manifest.segments[0].size_bytes, 10**9)
    cache = SegmentCache(pipeline.adapters.objects, pipeline.directory / "two-tiers", limits)

    for place in (0, 1):
        cache.open(manifest, manifest.segments[place])
    fetched_bytes = cache.fetched_bytes
    cache.open(manifest, manifest.segments[0])

    assert fetched_bytes == cache.fetched_bytes
    assert (1, 2) == (cache.counters.warm, cache.counters.cold)


def test_a_cache_drops_what_a_newer_version_no_longer_names(pipeline: Pipeline) -> None:
    """From memory and from disk, also what another process has left there; what a reader has open stays readable."""
    directory = pipeline.directory / "shared-cache"
    caches = [SegmentCache(pipeline.adapters.objects, directory, CacheLimits(10**9, 10**9)) for _ in range(2)]
    pipeline.upsert({"a": (1, 1)})
    pipeline.deliver(pipeline.taken("mutations"))
    older = pipeline.reads().open(read()).snapshots[0].manifest
    segment = caches[0].open(older, older.segments[0])
    newer = replace(older, version=older.version + 1, segments=())

    caches[1].forget_before(newer)
    caches[0].forget_before(newer)

    assert not list(directory.rglob("*.*"))
    assert 0 == caches[0].stats()["hot"]["segments"]
    assert 1 == segment.rows
    assert 1 == caches[0].open(older, older.segments[0]).rows
    assert not list(directory.rglob("*.*"))


class Removed(InterferedObjects):
    """Downloads whose folder another process removes, as often as told: as they begin, or as they are here."""

    def __init__(self, objects: ObjectStore, when: str, times: int) -> None:
        super().__init__(objects, lambda _: None)
        self.when, self.times = when, times

    def download(self, name: str, destination: Path) -> None:
        """Download, while another process opens another version."""
        self.times -= 1
        if self.times >= 0 and self.when == "before":
            shutil.rmtree(destination.parent.parent)
        super().download(name, destination)
        if self.times >= 0 and self.when == "after":
            shutil.rmtree(destination.parent.parent)


@pytest.mark.parametrize("when", ["before", "after"])
def test_what_another_process_removes_as_it_is_opened_is_brought_again(pipeline: Pipeline, when: str) -> None:
    """It is not damaged. Taken for that, an acknowledged commit would be hidden from its own writer for a minute."""
    pipeline.upsert({"a": (1, 1)})
    pipeline.deliver_all()
    manifest = pipeline.reads().open(read()).snapshots[0].manifest
    directory, limits = pipeline.directory / when, CacheLimits(10**9, 10**9)
    files = len(manifest.segments[0].files)
    opened = SegmentCache(Removed(pipeline.adapters.objects, when, 3 * files), directory, limits)
    never = SegmentCache(Removed(pipeline.adapters.objects, when, 1_000), directory, limits)

    assert 1 == opened.open(manifest, manifest.segments[0]).rows
    shutil.rmtree(directory)
    with pytest.raises(DependencyUnavailable, match="was removed 8 times as it was opened"):
        never.open(manifest, manifest.segments[0])


def test_more_shards_than_a_cache_remembers_stay_readable(pipeline: Pipeline) -> None:
    """A shard that was forgotten is looked at again; it drops nothing that its version names, and fetches nothing."""
    pipeline.upsert({"a": (1, 1)})
    pipeline.deliver_all()
    manifest = pipeline.reads().open(read()).snapshots[0].manifest
    stranger = replace(manifest, shard=7, segments=())
    limits = CacheLimits(10**9, 10**9, shards=1)
    cache = SegmentCache(pipeline.adapters.objects, pipeline.directory / "few-shards", limits)
    cache.open(manifest, manifest.segments[0])
    fetched_bytes = cache.fetched_bytes

    cache.forget_before(stranger)
    again = cache.open(manifest, manifest.segments[0])
    cache.forget_before(stranger)
    older = cache.open(replace(manifest, version=manifest.version - 1), manifest.segments[0])

    assert (1, 1) == (again.rows, older.rows)
    assert fetched_bytes == cache.fetched_bytes


def test_a_cache_on_a_full_or_read_only_disk_says_so(pipeline: Pipeline) -> None:
    """A clear error that names the cache, never a wrong answer."""
    _segment_files(pipeline, pipeline.directory / "query-cache")
    manifest = pipeline.reads().open(read()).snapshots[0].manifest
    cache = SegmentCache(pipeline.adapters.objects, pipeline.directory / "gone", CacheLimits(10**9, 10**9))
    (pipeline.directory / "gone").rmdir()
    (pipeline.directory / "gone").write_text("not a directory")

    with pytest.raises(DependencyUnavailable, match="the disk of the segment cache"):
        cache.open(manifest, manifest.segments[0])


@pytest.mark.parametrize(("reason", "said"), [(errno.ENOSPC, "is full"), (errno.EROFS, "is read-only")])
def test_the_store_is_not_blamed_for_the_disk_of_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reason: int, said: str
) -> None:
    """The error names the cache and no file of the store, whose breaker stays closed; room made, all is well."""
    adapters = open_adapters(Settings(runtime="embedded", data_dir=tmp_path / "data"))
    publisher = RecordingPublisher()
    pipeline = Pipeline(replace(adapters, publisher=publisher), publisher, tmp_path / "data")
    pipeline.upsert({"a": (1, 1)})
    pipeline.deliver_all()
    shutil.rmtree(tmp_path / "data" / "cache")
    reads = pipeline.reads()

    def no_room(_: Path, target: Path) -> None:
        raise OSError(reason, "no room", str(target))

    with monkeypatch.context() as full:
        full.setattr("shared.adapters.embedded.durable_files.link_or_copy", no_room)
        for _ in range(30):
            with pytest.raises(DependencyUnavailable, match=rf"the disk of the segment cache \S+query-cache {said}"):
                reads.search(read(), _ANY)

    assert ["a"] == [match.id for match in reads.search(read(), _ANY).answer.matches[0]]


def test_a_large_base_answers_before_its_forest_has_arrived(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sketch answers with ranged reads while the forest comes; then the same reader has it all."""
    monkeypatch.setattr("shared.cache.segment_cache._WORTH_STARTING_EARLY_BYTES", 0)
    pipeline = make_pipeline(tmp_path, base_from_rows=500, metric=Metric.COSINE)
    pipeline.upsert({f"r{number}": (number + 1, 1000 - number) for number in range(600)})
    pipeline.deliver_all()
    arrives = threading.Event()

    class SlowObjects(FaultyObjects):
        """Keeps the forest back until the test lets it come."""

        def download(self, name: str, destination: Path) -> None:
            if name.endswith(".ann"):
                arrives.wait(30)
            self.inner.download(name, destination)

    slow = replace(pipeline.adapters, objects=SlowObjects(pipeline.adapters.objects, Fault(0, after_effect=False)))
    reads = replace(pipeline, adapters=slow).reads()
    search = Search(vectors=[[300.0, 700.0]], near_id=None, top_k=3, recall=0.95)

    early = reads.search(read(), search)
    arrives.set()
    deadline = time.monotonic() + 10
    while reads.open(read()).shards[0].early and time.monotonic() < deadline:
        time.sleep(0.01)
    late = reads.search(read(), search)

    assert early.opened.shards[0].early
    assert not late.opened.shards[0].early
    assert [["r299", "r300", "r298"]] * 2 == [[match.id for match in each.answer.matches[0]] for each in (early, late)]


def _early_pipeline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    """A base that is opened early, whose forest begins to arrive at once."""
    monkeypatch.setattr("shared.cache.segment_cache._WORTH_STARTING_EARLY_BYTES", 0)
    monkeypatch.setattr("shared.cache.segment_cache._FIRST_ANSWER_S", 0.0)
    pipeline = make_pipeline(tmp_path, base_from_rows=100, metric=Metric.COSINE)
    pipeline.upsert({f"r{number}": (number + 1, 200 - number) for number in range(150)})
    pipeline.deliver_all()
    return pipeline


def _until(reached: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 20
    while not reached() and time.monotonic() < deadline:
        time.sleep(0.01)
    return reached()


def test_a_forest_that_turns_out_to_be_damaged_is_not_answered_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ranged reads cannot tell a flipped bit; the whole file can, and then the segment is left out like any other."""
    pipeline = _early_pipeline(tmp_path, monkeypatch)
    pipeline.upsert({"later": (1, 1)})
    pipeline.deliver(pipeline.taken("mutations"))
    (forest,) = (each for each in pipeline.adapters.objects.list("collections/c/") if each.name.endswith(".ann"))
    content = bytearray(pipeline.adapters.objects.read(forest.name))
    content[15] ^= 0xFF
    pipeline.adapters.objects.put(forest.name, bytes(content))
    reads = pipeline.reads()

    assert not reads.open(read()).damages
    assert _until(lambda: bool(reads.open(read()).damages))

    found = reads.search(read(), _ANY_COSINE)
    assert ["later"] == [match.id for match in found.answer.matches[0]]
    with pytest.raises(CorruptObject, match="does not have its SHA-256"):
        reads.open(read(whole=True))


def test_a_forest_that_could_not_be_brought_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An opening that began with ranged reads does not keep them for good because the store was away for a moment."""
    pipeline = _early_pipeline(tmp_path, monkeypatch)

    class FailsTwice(FaultyObjects):
        """Refuses the forest the first two times."""

        refused = 0

        def download(self, name: str, destination: Path) -> None:
            if name.endswith(".ann") and self.refused < 2:
                self.refused += 1
                raise DependencyUnavailable("the object store is away")
            self.inner.download(name, destination)

    objects = FailsTwice(pipeline.adapters.objects, Fault(0, after_effect=False))
    cache = SegmentCache(objects, tmp_path / "retries", CacheLimits(10**9, 10**9), complete_again_s=0.01)
    snapshots = Snapshots(Heads(pipeline.adapters.state), objects, cache, monotonic_s=time.monotonic)
    reads = AnswerReads(snapshots)

    assert reads.open(read()).is_early
    assert _until(lambda: not reads.open(read()).is_early)

    assert objects.refused == 2
    assert reads.search(read(), _ANY_COSINE).answer.recall_expected >= 0.95
