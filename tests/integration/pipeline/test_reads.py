"""Reads see versions as new as they ask for, and never a broken one."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from functions.query.service import Search
from shared.errors import CorruptObject, InvalidRequest, NotFound, VersionNotVisible
from shared.segment_cache import SegmentCache
from tests.builders.pipeline import Pipeline, read

_ANY = Search(vectors=[[0.0, 0.0]], near_id=None, top_k=10, recall=0.95)


def test_eventual_reads_may_lag_and_strong_reads_do_not(pipeline: Pipeline) -> None:
    """Within the stated staleness an eventual read repeats what it saw; a strong one sees every commit."""
    reads = pipeline.reads(staleness_s=3600)
    pipeline.upsert({"a": (1, 1)})
    pipeline.deliver_all()
    first = reads.search(read(strong=False), _ANY)
    pipeline.upsert({"b": (2, 2)})
    pipeline.deliver_all()

    eventual = reads.search(read(strong=False), _ANY)
    strong = reads.search(read(strong=True), _ANY)

    assert "0:1" == str(first.version) == str(eventual.version)
    assert "0:2" == str(strong.version)


def test_a_read_with_a_least_version_sees_that_write(pipeline: Pipeline) -> None:
    """The version that a write returned makes a lagging reader look again."""
    reads = pipeline.reads(staleness_s=3600)
    pipeline.upsert({"a": (1, 1)})
    pipeline.deliver_all()
    reads.search(read(strong=False), _ANY)
    write = pipeline.upsert({"b": (2, 2)})
    pipeline.deliver_all()
    version = str(pipeline.writes.committed_version(write))

    found = reads.search(read(version, strong=False), _ANY)

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


@pytest.mark.parametrize("damage", [lambda c: c[:-8], lambda c: c[:-1] + b"\xff", lambda _: b""], ids=["cut", "flip", "empty"])
def test_a_damaged_object_is_refused(pipeline: Pipeline, damage: Callable[[bytes], bytes]) -> None:
    """A segment that is not what its manifest says is an error by name, never a wrong answer."""
    _segment_files(pipeline, pipeline.directory / "query-cache")
    shutil.rmtree(pipeline.directory / "query-cache")
    for info in list(pipeline.adapters.objects.list("collections/c/")):
        if "/segments/" in info.name:
            pipeline.adapters.objects.put(info.name, damage(pipeline.adapters.objects.read(info.name)))

    with pytest.raises(CorruptObject):
        pipeline.contents(["a"])


def test_the_cache_evicts_the_least_recently_used_segment(pipeline: Pipeline) -> None:
    """Above its limit the cache removes files, oldest use first, and fetches them again when they are needed."""
    for number in range(3):
        pipeline.upsert({f"r{number}": (number, number)})
        pipeline.deliver(pipeline.taken("mutations"))
    manifest = pipeline.reads().count(read())[0].snapshots[0].manifest
    limit = manifest.segments[0].size_bytes * 2
    directory = pipeline.directory / "small-cache"
    cache = SegmentCache(pipeline.adapters.objects, directory, max_bytes=limit)

    first, second, third = (entry.id for entry in manifest.segments)
    cache.open(manifest, manifest.segments[0])
    cache.open(manifest, manifest.segments[1])
    cache.open(manifest, manifest.segments[0])
    cache.open(manifest, manifest.segments[2])

    assert {first, third} == {path.name for path in directory.iterdir()}
    assert second not in {path.name for path in directory.iterdir()}
    assert cache.used_bytes <= limit
    assert 1 == cache.open(manifest, manifest.segments[1]).rows
