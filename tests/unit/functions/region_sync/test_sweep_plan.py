"""Nothing goes that a reader may still need; everything else goes."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from functions.region_sync.sweep_plan import (
    READER_GRACE,
    Removal,
    SweepReason,
    oldest_served,
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


def test_a_replaced_segment_goes_after_the_grace() -> None:
    """Two were merged into one an hour ago: nobody reads the two any more."""
    old, new = manifest(1, "ab"), manifest(2, "c")
    stored = [info(manifest_name(old), 90), info(manifest_name(new), 60)]

    removals = plan_sweep(new, new, [*files_of("ab", 90), *files_of("c", 61)], stored, START)

    assert letters_of(removals, SweepReason.SEGMENT_REPLACED) == {"a", "b"}
    assert [manifest_name(old)] == [each.name for each in removals if each.reason is SweepReason.MANIFEST_SUPERSEDED]


def test_within_the_grace_everything_stays() -> None:
    """A reader that opened the older version 59 minutes ago may be at it still."""
    old, new = manifest(1, "ab"), manifest(2, "c")
    stored = [info(manifest_name(old), 90), info(manifest_name(new), 59)]
    oldest = oldest_served(stored, START)

    assert oldest is stored[0]
    assert plan_sweep(new, old, [*files_of("ab", 90), *files_of("c", 59)], stored, START) == ()


def test_a_copy_that_no_head_names_yet_stays_while_it_is_young() -> None:
    """A sync is about to publish it."""
    head = manifest(1, "a")

    assert plan_sweep(head, head, [*files_of("a", 600), *files_of("b", 59)], [], START) == ()
    assert letters_of(
        plan_sweep(head, head, [*files_of("a", 600), *files_of("b", 60)], [], START), SweepReason.SEGMENT_REPLACED
    ) == {"b"}


def test_before_any_version_is_an_hour_old_nothing_goes() -> None:
    """There is no oldest version to go by."""
    assert oldest_served([info("m/1", 59)], START) is None
    assert oldest_served([], START) is None


def test_a_deleted_collection_goes_after_the_grace() -> None:
    """All of it, whatever its age."""
    objects = [info("a", 1), info("b", 900)]

    assert plan_removal(objects, START - READER_GRACE + MINUTE, START) == ()
    assert {each.name for each in plan_removal(objects, START - READER_GRACE, START)} == {"a", "b"}


histories = st.lists(
    st.tuples(st.sets(st.sampled_from("abcdefgh"), max_size=4), st.integers(1, 50)), min_size=1, max_size=8
)


@given(histories)
def test_what_a_version_of_the_last_hour_names_stays(history: list[tuple[set[str], int]]) -> None:
    """Over any history of versions, copied as a sync copies them, and nothing older stays."""
    served, objects = _play(history)
    stored = [ObjectInfo(manifest_name(version), 1, 1, at) for version, at, _ in served]
    now = served[-1][1] + 5 * MINUTE
    oldest = oldest_served(stored, now)
    if oldest is None:
        return
    versions = {manifest_name(version): version for version, _, _ in served}

    removals = plan_sweep(served[-1][0], versions[oldest.name], list(objects.values()), stored, now)

    gone = {removal.name for removal in removals}
    still_read = [version for version, _, until in served if until is None or until > now - READER_GRACE]
    needed = {file.name for version in still_read for file in wanted_files(version)}
    assert not gone & needed
    assert not gone & {manifest_name(version) for version in still_read}
    unneeded = {name for name, each in objects.items() if each.created_at <= now - READER_GRACE} - needed
    assert unneeded <= gone


Served = tuple[Manifest, datetime, datetime | None]


def _play(history: list[tuple[set[str], int]]) -> tuple[list[Served], dict[str, ObjectInfo]]:
    """Versions with the times from and until which they were served, and the bucket; what the head lacks is copied."""
    served: list[Served] = []
    objects: dict[str, ObjectInfo] = {}
    now, checked = START, set[str]()
    for number, (letters, minutes) in enumerate(history, start=1):
        now += minutes * MINUTE
        version = manifest(number, sorted(letters))
        for file in wanted_files(version):
            if file.name not in checked:
                objects[file.name] = ObjectInfo(file.name, file.size_bytes, number, now)
        checked = {file.name for file in wanted_files(version)}
        if served:
            served[-1] = (served[-1][0], served[-1][1], now)
        served.append((version, now, None))
    return served, objects
