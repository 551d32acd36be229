"""What a region serves: home what is committed, the others what they have whole; reads know how far behind that is."""

from typing import Any

import pytest

from shared.domain.collection import Collection, Metric
from shared.domain.paths import collection_document, head_document
from shared.domain.versions import VersionVector
from shared.errors import VersionNotVisible
from shared.ports.state import Put
from shared.reads.heads import Freshness, Heads
from shared.reads.served_heads import NotServedHere, ServedHeads
from shared.regions.paths import regional_head_document
from tests.fakes.monotonic import ManualSeconds
from tests.fakes.state import InMemoryState

HOME, TOKYO = "us-central1", "asia-northeast1"
EVENTUAL = Freshness(0.0, VersionVector({}))
STRONG = Freshness(0.0, VersionVector({}), max_lag_s=0.0)


class World:
    """One collection at home, and what Tokyo has of it."""

    def __init__(self) -> None:
        self.state, self.clock = InMemoryState(), ManualSeconds()
        self.home = {"uid": "u", "version": 0, "manifest": None}
        declared = Collection("c", "u", 2, Metric.COSINE).to_document()
        self.state.commit([Put(collection_document("c"), declared)])
        self.commit(0)

    def commit(self, version: int, **more: Any) -> None:
        """Home is at a version."""
        head = {"uid": "u", "version": version, "manifest": f"m{version}" if version else None, **more}
        self.state.commit([Put(head_document("c", 0), head)])

    def copy(self, version: int, uid: str = "u") -> None:
        """Tokyo has a version."""
        head = {"uid": uid, "version": version, "manifest": f"m{version}", "commit_id": "x"}
        self.state.commit([Put(regional_head_document(TOKYO, "c", 0), head)])

    def heads(self, region: str = TOKYO) -> Heads:
        """A reader in a region."""
        return Heads(self.state, ServedHeads(region, default_home=HOME), monotonic_s=self.clock)


@pytest.fixture
def world() -> World:
    """An empty collection."""
    return World()


def served(heads: Heads, freshness: Freshness = EVENTUAL) -> int:
    """The version of the only shard."""
    return heads.look("c", freshness).heads[0].version


def test_a_region_serves_its_copy_and_home_what_is_committed(world: World) -> None:
    """Whatever is newer elsewhere."""
    world.commit(3)
    world.copy(2)

    assert served(world.heads()) == 2
    assert served(world.heads(HOME)) == 3


def test_a_moved_home_serves_what_is_committed_there(world: World) -> None:
    """The head says where home is."""
    world.commit(3, home={"region": TOKYO, "epoch": 1})
    world.copy(2)

    assert served(world.heads()) == 3


def test_a_region_without_a_copy_says_so_at_once(world: World) -> None:
    """Rather than answer that there is nothing; a copy of a former incarnation is none."""
    assert served(world.heads()) == 0
    world.commit(1)
    world.copy(9, uid="former")

    with pytest.raises(NotServedHere, match="asia-northeast1"):
        served(world.heads())


def test_a_strong_read_waits_for_what_home_has_committed(world: World) -> None:
    """A region that is behind refuses it until it has caught up."""
    world.commit(2)
    world.copy(1)
    heads = world.heads()
    with pytest.raises(VersionNotVisible):
        served(heads, STRONG)

    world.copy(2)

    assert served(heads, STRONG) == 2


def test_a_bounded_read_counts_from_when_the_region_was_known_to_be_current(world: World) -> None:
    """Behind for three seconds is within five, and not within two."""
    world.commit(1)
    world.copy(1)
    heads = world.heads()
    served(heads)
    world.commit(2)
    world.clock.advance(3.0)

    assert served(heads, Freshness(5.0, VersionVector({}), max_lag_s=5.0)) == 1
    with pytest.raises(VersionNotVisible):
        served(heads, Freshness(2.0, VersionVector({}), max_lag_s=2.0))
