"""What is told of the regions of a collection is what the state store says, for every shard."""

import pytest

from shared.domain.collection import Collection, Metric
from shared.domain.paths import collection_document, head_document
from shared.ports.state import Put
from shared.regions.copies import Copies, copies_of
from shared.regions.paths import regional_head_document, replication_document
from shared.regions.policy import ReplicationPolicy
from shared.regions.replication import Shape
from shared.topology import load_topology
from tests.fakes.state import InMemoryState

HOME, BELGIUM, LONDON, TOKYO = "us-central1", "europe-west1", "europe-west2", "asia-northeast1"
COLLECTION = Collection("c", "u1", 2, Metric.COSINE, shards=2)
TOPOLOGY = load_topology().limited_to([HOME, BELGIUM, LONDON, TOKYO])


@pytest.fixture
def state() -> InMemoryState:
    """Version 3 and 5 at home; Belgium has all of it, London one shard of this incarnation."""
    state = InMemoryState()
    state.commit(
        [
            Put(collection_document("c"), COLLECTION.to_document()),
            *(Put(head_document("c", shard), {"uid": "u1", "version": at}) for shard, at in enumerate((3, 5))),
            _copy(BELGIUM, 0, "u1", 3, 0.5),
            _copy(BELGIUM, 1, "u1", 5, 0.25),
            _copy(LONDON, 0, "u1", 1, 9.0),
            _copy(LONDON, 1, "u0", 7, 1.0),
            Put(replication_document("c"), ReplicationPolicy(Shape.HIERARCHICAL, (BELGIUM, LONDON)).to_document()),
        ]
    )
    return state


def _copy(region: str, shard: int, uid: str, version: int, lag_s: float) -> Put:
    return Put(regional_head_document(region, "c", shard), {"uid": uid, "version": version, "lag_s": lag_s})


def found(state: InMemoryState) -> dict[str, tuple[str | None, str | None, int, float | None]]:
    """By region."""
    copies: Copies = copies_of(state, TOPOLOGY, COLLECTION)
    return {one.region: (one.source, one.version, one.versions_behind, one.lag_s) for one in copies.regions}


def test_every_region_is_told_with_what_it_lacks(state: InMemoryState) -> None:
    """What an earlier collection of the name left is nothing; nor has a region a lag that has nothing."""
    assert found(state) == {
        HOME: (None, "0:3,1:5", 0, None),
        BELGIUM: (HOME, "0:3,1:5", 0, 0.5),
        LONDON: (BELGIUM, "0:1,1:0", 7, 9.0),
        TOKYO: (None, None, 8, None),
    }


def test_an_empty_collection_is_whole_everywhere() -> None:
    """There is nothing to copy."""
    state = InMemoryState()
    state.commit([Put(head_document("c", shard), {"uid": "u1", "version": 0}) for shard in range(2)])

    assert {(version, behind) for _, version, behind, _ in found(state).values()} == {("0:0,1:0", 0)}
