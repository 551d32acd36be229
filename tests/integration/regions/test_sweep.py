"""What nobody reads any more is removed; what a sync relies on never is, whoever is slow."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from functions.region_sync.sweep import Swept
from functions.region_sync.sweep_plan import READER_GRACE
from shared.domain.paths import collection_document, head_document
from shared.errors import CorruptObject
from shared.manifests import manifest_name
from shared.ports.state import Delete, Put
from shared.regions.replication import Shape
from tests.builders.interference import Crashed
from tests.builders.regions import RegionalWorld

HOME, EAST = "us-central1", "us-east1"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def world() -> RegionalWorld:
    """Home and a neighbour that copied `a` and `b` three hours ago; both were merged into `ab`, and a sweep came."""
    world = RegionalWorld([HOME, EAST], shape=Shape.MESH)
    world.commit(["a", "b"])
    world.sync_shard(EAST)
    world.clock.advance(timedelta(hours=3))
    world.commit(["ab"])
    world.sync_shard(EAST)
    world.sweep(EAST)
    return world


def segments(world: RegionalWorld) -> set[str]:
    """The segments of which something is in the neighbour's bucket."""
    return {info.name.split("/")[5] for info in world.buckets[f"bucket-{EAST}"].list("") if "/segments/" in info.name}


def manifests(world: RegionalWorld) -> int:
    """How many manifests are in the neighbour's bucket."""
    return sum("/manifests/" in info.name for info in world.buckets[f"bucket-{EAST}"].list(""))


def test_replaced_segments_are_removed_after_an_hour(world: RegionalWorld) -> None:
    """Not a minute before: a reader may have opened the version that named them just before the first sweep."""
    world.clock.advance(READER_GRACE - MINUTE)
    before = world.sweep(EAST)
    world.clock.advance(MINUTE)
    after = world.sweep(EAST)

    assert (before.removed, after.removed) == (0, 5)
    assert (segments(world), manifests(world)) == ({"ab"}, 1)
    assert world.damages(EAST, world.home_manifest() or "") == []
    assert world.sweep(EAST) == Swept()


def test_a_version_that_comes_and_goes_between_two_sweeps_stays_readable(world: RegionalWorld) -> None:
    """Until the sweep after the next."""
    described = world.commit(["ab", "brief"])
    world.sync_shard(EAST)
    world.commit(["ab"])
    world.sync_shard(EAST)
    world.clock.advance(READER_GRACE + MINUTE)
    world.sweep(EAST)
    assert world.damages(EAST, manifest_name(described)) == []

    world.clock.advance(2 * READER_GRACE)
    world.sweep(EAST)

    assert segments(world) == {"ab"}


def test_home_is_not_swept(world: RegionalWorld) -> None:
    """What is needed there, only index update knows."""
    world.clock.advance(timedelta(days=1))

    assert world.sweep(HOME) == Swept()


def test_a_damaged_manifest_stops_the_sweep(world: RegionalWorld) -> None:
    """What it named is not known, so nothing goes."""
    world.clock.advance(timedelta(hours=1))
    head = world.head(EAST)
    assert head is not None
    world.buckets[f"bucket-{EAST}"].put(head.manifest, b"{}")

    with pytest.raises(CorruptObject):
        world.sweep(EAST)
    assert segments(world) == {"a", "b", "ab"}


@pytest.mark.parametrize("at", range(40))
def test_whatever_moment_a_sweep_and_a_sync_meet_nothing_is_lost(world: RegionalWorld, at: int) -> None:
    """The whole sync at any call of the sweep: before it looks, between looking and removing, between two removals."""
    world.clock.advance(timedelta(hours=1))
    world.commit(["ab", "a"])
    _meet(world, at, first=lambda: world.sweep(EAST), second=lambda: world.sync_shard(EAST))

    world.sync_shard(EAST)
    assert world.damages(EAST, world.home_manifest() or "") == []


@pytest.mark.parametrize("at", range(40))
def test_whatever_moment_a_sync_and_a_sweep_meet_nothing_is_lost(world: RegionalWorld, at: int) -> None:
    """The whole sweep at any call of the sync."""
    world.clock.advance(timedelta(hours=1))
    world.commit(["ab", "a"])
    _meet(world, at, first=lambda: world.sync_shard(EAST), second=lambda: world.sweep(EAST))

    world.sync_shard(EAST)
    assert world.damages(EAST, world.home_manifest() or "") == []


@pytest.mark.parametrize("at", range(40))
def test_a_sync_that_was_frozen_through_a_sweep_begins_anew(world: RegionalWorld, at: int) -> None:
    """It slept so long that what it had copied was taken for left over."""
    world.clock.advance(timedelta(hours=1))
    world.commit(["ab", "a", "new"])

    def sleep_through_a_sweep() -> None:
        world.clock.advance(timedelta(minutes=90))
        world.sweep(EAST)

    _meet(world, at, first=lambda: world.sync_shard(EAST), second=sleep_through_a_sweep)

    assert world.damages(EAST, world.home_manifest() or "") == []


@pytest.mark.parametrize("at", range(20))
def test_a_sweep_that_dies_is_finished_by_the_next(world: RegionalWorld, at: int) -> None:
    """At whatever call; the version that is served stays whole."""
    world.clock.advance(timedelta(hours=1))
    calls = []

    def die(moment: str) -> None:
        calls.append(moment)
        if len(calls) == at:
            raise Crashed

    with world.interfered(die):
        try:
            world.sweep(EAST)
        except Crashed:
            assert world.damages(EAST, world.home_manifest() or "") == []
    world.clock.advance(READER_GRACE)
    world.sweep(EAST)

    assert segments(world) == {"ab"}


def test_a_deleted_collection_disappears(world: RegionalWorld) -> None:
    """An hour after it was seen to be gone, with its head."""
    world.state.commit([Delete(collection_document("c")), Delete(head_document("c", 0))])
    world.sweep(EAST)
    world.clock.advance(READER_GRACE - MINUTE)
    world.sweep(EAST)
    assert segments(world) == {"a", "b", "ab"}

    world.clock.advance(MINUTE)
    world.sweep(EAST)
    world.sweep(EAST)

    assert list(world.buckets[f"bucket-{EAST}"].list("")) == []
    assert world.head(EAST) is None


def test_the_objects_of_a_former_incarnation_disappear(world: RegionalWorld) -> None:
    """An hour after its successor was served; the successor is untouched."""
    world.declare()
    world.commit(["z"])
    world.sync_shard(EAST)
    world.sweep(EAST)
    assert segments(world) == {"a", "b", "ab", "z"}

    world.clock.advance(READER_GRACE)
    world.sweep(EAST)
    world.sweep(EAST)

    head = world.head(EAST)
    assert head is not None
    assert (segments(world), head.former) == ({"z"}, {})
    assert world.damages(EAST, world.home_manifest() or "") == []


def test_a_collection_that_was_only_thought_gone_is_no_longer(world: RegionalWorld) -> None:
    """Its objects stay, and the hour begins anew when it goes again."""
    declared = world.state.get(collection_document("c"))
    head = world.state.get(head_document("c", 0))
    assert declared is not None
    assert head is not None
    world.state.commit([Delete(declared.path)])
    world.sweep(EAST)
    world.clock.advance(timedelta(hours=3))
    world.state.commit([Put(declared.path, declared.data)])
    world.sweep(EAST)

    seen = world.head(EAST)
    assert seen is not None
    assert seen.abandoned_since is None
    assert world.damages(EAST, world.home_manifest() or "") == []


def _meet(world: RegionalWorld, at: int, first: Callable[[], object], second: Callable[[], object]) -> None:
    """Do `second` whole at call number `at` of `first`."""
    calls: list[str] = []

    def meet(moment: str) -> None:
        calls.append(moment)
        if len(calls) == at:
            world.interfere = lambda _: None
            second()
            world.interfere = meet

    with world.interfered(meet):
        first()
