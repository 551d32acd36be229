"""One region follows home: it copies what it lacks, checks it, and shows it when it is whole."""

from datetime import timedelta

import pytest

from functions.region_sync.sync_shard import SyncReason
from shared.errors import CorruptObject, DependencyUnavailable, RevisionConflict
from shared.events.codec import from_message
from shared.events.regions import RegionHeadMovedV1
from shared.outcomes import Outcome
from shared.ports.objects import ObjectInfo
from shared.ports.state import Put
from shared.regions.heads import RegionalHead
from shared.regions.paths import regional_head_document
from shared.regions.replication import Shape
from shared.topology import load_topology
from tests.builders.regions import RegionalWorld

HOME, EAST, BELGIUM, LONDON = "us-central1", "us-east1", "europe-west1", "europe-west2"


@pytest.fixture
def world() -> RegionalWorld:
    """Home, a neighbour, a hub and a region behind the hub."""
    return RegionalWorld([HOME, EAST, BELGIUM, LONDON])


def served(world: RegionalWorld, region: str) -> RegionalHead:
    """The head of a region that has one."""
    head = world.head(region)
    assert head is not None
    return head


def objects_in(world: RegionalWorld, region: str, part: str) -> list[ObjectInfo]:
    """The objects in a region's bucket whose names have a part."""
    return [info for info in world.buckets[f"bucket-{region}"].list("") if part in info.name]


def moved_heads(world: RegionalWorld) -> list[RegionHeadMovedV1]:
    """What was announced to regions behind a hub."""
    events = [from_message(each.data, each.attributes) for each in world.publisher.take("region-heads")]
    return [event for event in events if isinstance(event, RegionHeadMovedV1)]


def test_a_commit_is_copied_checked_and_served(world: RegionalWorld) -> None:
    """With its lag from the commit at home to the head here."""
    described = world.commit(["a", "b"])
    world.clock.advance(timedelta(seconds=3))

    outcome = world.deliver(EAST, world.announcement(described))

    head = served(world, EAST)
    assert outcome is Outcome.DONE
    assert (head.version, head.manifest, head.source, head.lag_s) == (1, world.home_manifest(), HOME, 3.0)
    assert world.damages(EAST, head.manifest) == []


def test_only_what_is_new_travels(world: RegionalWorld) -> None:
    """The segment that the second commit adds, and none of those already here."""
    world.commit(["a", "b"])
    world.sync_shard(EAST)
    described = world.commit(["a", "b", "c"])

    report = world.sync_shard(EAST)

    assert report.copied_bytes == described.segments[2].size_bytes
    assert report.version == 2


def test_a_second_delivery_changes_nothing(world: RegionalWorld) -> None:
    """Nor does one that was overtaken by a later commit."""
    first, second = world.commit(["a"]), world.commit(["a", "b"])
    outcomes = [world.deliver(EAST, world.announcement(each)) for each in (second, second, first)]

    assert outcomes == [Outcome.DONE, Outcome.DUPLICATE, Outcome.DUPLICATE]
    assert world.head(EAST) is not None


def test_several_commits_are_one_sync(world: RegionalWorld) -> None:
    """A region that was away goes to the newest version at once, without any event."""
    for segments in (["a"], ["a", "b"], ["ab"], ["ab", "c"]):
        world.commit(segments)

    assert world.catch_up(EAST).synced == 1
    assert world.catch_up(EAST).behind == 0
    head = served(world, EAST)
    assert head.version == 4
    assert not objects_in(world, EAST, "/a/")


def test_a_region_behind_a_hub_waits_for_it(world: RegionalWorld) -> None:
    """And copies from it when the hub says that it is there; the hub tells only regions that copy from it."""
    described = world.commit(["a"])
    event = world.announcement(described)

    assert world.deliver(LONDON, event) is Outcome.STALE
    assert world.deliver(BELGIUM, event) is Outcome.DONE
    (moved,) = moved_heads(world)
    assert (moved.region, moved.version) == (BELGIUM, 1)
    assert world.deliver(EAST, moved) is Outcome.STALE
    assert world.deliver(BELGIUM, moved) is Outcome.STALE
    assert world.deliver(LONDON, moved) is Outcome.DONE
    assert moved_heads(world) == []

    london, belgium = served(world, LONDON), served(world, BELGIUM)
    assert (london.source, london.manifest) == (BELGIUM, belgium.manifest)
    assert london.committed_at == belgium.committed_at


def test_a_hub_announces_again_what_it_may_have_announced(world: RegionalWorld) -> None:
    """The first time may have been lost between the head and the message."""
    event = world.announcement(world.commit(["a"]))
    world.deliver(BELGIUM, event)
    (first,) = moved_heads(world)
    world.deliver(BELGIUM, event)
    (again,) = moved_heads(world)

    assert first == again


def test_on_a_tick_a_region_does_not_wait_for_its_hub(world: RegionalWorld) -> None:
    """It has had a minute; home has it too."""
    world.commit(["a"])

    assert world.catch_up(LONDON).synced == 1
    head = served(world, LONDON)
    assert head.source == HOME


def test_when_home_cannot_be_reached_a_neighbour_will_do(world: RegionalWorld) -> None:
    """Whoever has the version can hand it on."""
    world.commit(["a"])
    world.sync_shard(BELGIUM)
    world.cut.add(frozenset({HOME, EAST}))

    report = world.sync_shard(EAST)

    assert (report.source, report.version) == (BELGIUM, 1)


def test_when_nobody_can_be_reached_it_is_tried_again(world: RegionalWorld) -> None:
    """The tick reports a failure and does not stop; the next one finds the line mended."""
    world.commit(["a"])
    world.cut.add(frozenset({HOME, EAST}))

    with pytest.raises(DependencyUnavailable):
        world.sync_shard(EAST)
    failed = world.catch_up(EAST)
    world.cut.clear()

    assert (failed.behind, failed.failed) == (1, 1)
    assert world.catch_up(EAST).synced == 1


def test_a_damaged_source_is_not_served(world: RegionalWorld) -> None:
    """What does not match its checksum is refused; what is whole elsewhere is taken from there."""
    described = world.commit(["a"])
    (rows,) = objects_in(world, HOME, "rows.bin")
    world.buckets[f"bucket-{HOME}"].put(rows.name, b"x" * described.segments[0].files[0].size_bytes)

    with pytest.raises(CorruptObject, match=r"rows\.bin in us-central1"):
        world.sync_shard(EAST)
    assert world.head(EAST) is None


def test_a_damaged_own_manifest_is_copied_anew(world: RegionalWorld) -> None:
    """With all it names: what the head vouched for is no longer known."""
    world.commit(["a"])
    world.sync_shard(EAST)
    head = served(world, EAST)
    world.buckets[f"bucket-{EAST}"].put(head.manifest, b"{}")
    world.clock.advance(timedelta(hours=2))
    described = world.commit(["a", "b"])

    report = world.sync_shard(EAST)

    assert report.copied_bytes == sum(each.size_bytes for each in described.segments)


def test_what_an_interrupted_sync_left_is_not_copied_twice(world: RegionalWorld) -> None:
    """Only checked."""
    world.commit(["a"])
    home, east = world.buckets[f"bucket-{HOME}"], world.buckets[f"bucket-{EAST}"]
    for info in objects_in(world, HOME, "/segments/"):
        east.put(info.name, home.read(info.name))

    assert world.sync_shard(EAST).copied_bytes == 0
    assert world.damages(EAST, world.home_manifest() or "") == []


def test_a_region_that_does_not_follow_copies_nothing() -> None:
    """Nor does the home region."""
    world = RegionalWorld([HOME, EAST])
    world.commit(["a"])

    assert world.sync_shard(HOME).reason is SyncReason.HOME_IS_HERE
    assert world.catch_up(HOME).synced == 0


def test_a_head_that_keeps_moving_is_left_to_whoever_moves_it(world: RegionalWorld) -> None:
    """After a dozen lost races the delivery is tried again later."""
    world.commit(["a"])
    world.sync_shard(EAST)
    world.commit(["a", "b"])
    head = served(world, EAST)

    def move(_: str) -> None:
        world.state.commit([Put(regional_head_document(EAST, "c", 0), head.to_document())])

    with world.interfered(move), pytest.raises(RevisionConflict, match="sync of c/0"):
        world.sync_shard(EAST)


@pytest.mark.parametrize("shape", Shape)
def test_every_shape_ends_in_the_same(shape: Shape) -> None:
    """All fifteen regions serve what home serves, after one round of ticks."""
    world = RegionalWorld(list(load_topology().regions), shape=shape)
    world.commit(["a", "b"])
    for region in world.followers():
        world.catch_up(region)

    assert {served(world, region).manifest for region in world.followers()} == {world.home_manifest()}
    assert not [damage for region in world.followers() for damage in world.damages(region, world.home_manifest() or "")]
