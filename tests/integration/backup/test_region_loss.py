"""A region that lost everything has everything again, and the drill says how long that took."""

import pytest

from shared.adapters.opening import Adapters
from shared.errors import Conflict
from shared.regions.placement import Placement
from swell.backup.region_loss import LoseRegion
from tests.builders.regions import RegionalWorld
from tests.fakes.monotonic import ManualSeconds

HOME, EAST = "us-central1", "us-east1"


def lose(world: RegionalWorld, region: str) -> LoseRegion:
    """The drill of one region."""
    buckets = {name: f"bucket-{name}" for name in world.regions}
    adapters = Adapters(world.state, world.buckets[buckets[region]], world.publisher, world.clock)
    placement = Placement(region, world.topology, buckets)
    return LoseRegion(adapters, placement, world.buckets.__getitem__, monotonic_s=ManualSeconds())


@pytest.fixture
def world() -> RegionalWorld:
    """Home and a neighbour that has all of it."""
    world = RegionalWorld([HOME, EAST])
    world.commit(["a"])
    world.commit(["a", "b"])
    world.sync_shard(EAST)
    return world


def test_a_lost_region_comes_back_whole(world: RegionalWorld) -> None:
    """No commit is lost: home has them all."""
    drill = lose(world, EAST)()

    head = world.head(EAST)
    assert head is not None
    assert (drill.versions_lost, drill.shards, head.version) == (0, 1, 2)
    assert drill.lost_bytes > 0
    assert world.damages(EAST, head.manifest) == []


def test_home_is_never_lost_on_purpose(world: RegionalWorld) -> None:
    """Its objects may be the only ones."""
    with pytest.raises(Conflict, match="home region"):
        lose(world, HOME)()

    assert world.damages(HOME, world.home_manifest() or "") == []
