"""Nothing goes that a reader may still need; everything else goes."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from functions.region_sync.sweep_plan import (
    MARGIN,
    READER_GRACE,
    Removal,
    SweepReason,
    is_over,
    plan_removal,
    plan_sweep,
)
from functions.region_sync.sync_plan import wanted_files
from shared.index.manifest import Manifest
from shared.manifests import manifest_name
from shared.ports.objects import ObjectInfo
from tests.builders.manifests import START, manifest

MINUTE = timedelta(minutes=1)


def info(name: str, minutes_ago: float) -> ObjectInfo:
    """An object of some age."""
    return ObjectInfo(name, 30, 1, START - minutes_ago * MINUTE)


def files_of(letters: str, minutes_ago: float) -> list[ObjectInfo]:
    """The files of segments, of one age."""
    return [info(file.name, minutes_ago) for file in wanted_files(manifest(1, letters))]


def letters_of(removals: tuple[Removal, ...], reason: SweepReason) -> set[str]:
    """Which segments go."""
    return {removal.name.split("/")[5] for removal in removals if removal.reason is reason}


def test_a_replaced_segment_goes() -> None:
    """Two were merged into one: neither what was marked nor what is served names the two."""
    old, new = manifest(1, "ab"), manifest(2, "c")
    stored = [info(manifest_name(old), 300), info(manifest_name(new), 200)]

    removals = plan_sweep(new, new, START, [*files_of("ab", 300), *files_of("c", 200)], stored)

    assert letters_of(removals, SweepReason.SEGMENT_REPLACED) == {"a", "b"}
    assert [manifest_name(old)] == [each.name for each in removals if each.reason is SweepReason.MANIFEST_SUPERSEDED]


def test_what_was_marked_stays() -> None:
    """A reader may have opened it until it was replaced."""
    old, new = manifest(1, "ab"), manifest(2, "c")
    stored = [info(manifest_name(old), 300), info(manifest_name(new), 1)]

    assert plan_sweep(new, old, START, [*files_of("ab", 300), *files_of("c", 1)], stored) == ()


def test_what_was_stored_since_the_mark_stays() -> None:
    """It may belong to a version that came and went since, or to one that is about to come; so does a little older."""
    head = manifest(1, "a")
    segments = [*files_of("a", 600), *files_of("b", -5), *files_of("d", 60), *files_of("e", 61)]

    assert letters_of(plan_sweep(head, head, START, segments, []), SweepReason.SEGMENT_REPLACED) == {"e"}


def test_the_grace_is_an_hour() -> None:
    """The longest life of a function that reads."""
    assert not is_over(START, START + READER_GRACE - MINUTE)
    assert is_over(START, START + READER_GRACE)


def test_a_deleted_collection_goes_whole() -> None:
    """All of it, whatever its age."""
    assert {each.name for each in plan_removal([info("a", 1), info("b", 900)])} == {"a", "b"}


histories = st.lists(
    st.tuples(st.sets(st.sampled_from("abcdefgh"), max_size=4), st.integers(1, 90)), min_size=1, max_size=8
)


@given(histories, st.integers(0, 7))
def test_what_was_served_since_the_mark_stays_and_nothing_else(history: list[tuple[set[str], int]], at: int) -> None:
    """Over any history of versions, each copied as a sync copies them, and a mark at any of them."""
    served, objects = _play(history)
    marked, marked_at = served[min(at, len(served) - 1)]
    since_the_mark = [version for version, _ in served[min(at, len(served) - 1) :]]
    stored = [ObjectInfo(manifest_name(version), 1, 1, moment) for version, moment in served]

    removals = plan_sweep(served[-1][0], marked, marked_at, objects.values(), stored)

    gone = {removal.name for removal in removals}
    needed = {file.name for version in since_the_mark for file in wanted_files(version)}
    assert not gone & needed
    assert not gone & {manifest_name(version) for version in since_the_mark}
    old = {name for name, each in objects.items() if each.created_at < marked_at - MARGIN}
    assert {name for name in gone if "/segments/" in name} == old - needed


def _play(history: list[tuple[set[str], int]]) -> tuple[list[tuple[Manifest, datetime]], dict[str, ObjectInfo]]:
    """Versions with the times from which they were served, and the bucket; what the head lacks is copied anew."""
    served: list[tuple[Manifest, datetime]] = []
    objects: dict[str, ObjectInfo] = {}
    now, checked = START, set[str]()
    for number, (letters, minutes) in enumerate(history, start=1):
        now += minutes * MINUTE
        version = manifest(number, sorted(letters))
        for file in wanted_files(version):
            if file.name not in checked:
                objects[file.name] = ObjectInfo(file.name, file.size_bytes, number, now)
        checked = {file.name for file in wanted_files(version)}
        served.append((version, now))
    return served, objects
