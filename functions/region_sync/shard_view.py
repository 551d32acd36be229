"""What the state store says of one shard before a sync: its home, its heads here and elsewhere, its tree."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.domain.collection import Collection
from shared.domain.paths import collection_document, head_document
from shared.manifests import Head
from shared.ports.state import Document, StateStore
from shared.regions.heads import RegionalHead
from shared.regions.homes import Home, home_of
from shared.regions.paths import regional_head_document, replication_document
from shared.regions.policy import ReplicationPolicy
from shared.regions.replication import ReplicationTree, hubs_of
from shared.topology import Topology


@dataclass(frozen=True)
class ShardKey:
    """One shard of one incarnation of a collection."""

    collection: str
    uid: str
    shard: int

    def __str__(self) -> str:
        return f"{self.collection}/{self.shard}"


@dataclass(frozen=True)
class ShardView:
    """One consistent enough look: each head is true by itself, and heads only move forward."""

    collection: Collection
    shard: int
    home: Home
    home_head: Head
    own: Document | None
    """The regional head of the region that looks, of whatever incarnation."""
    others: Mapping[str, RegionalHead]
    """The regional heads of the other followers, of this incarnation."""
    tree: ReplicationTree

    @property
    def own_head(self) -> RegionalHead | None:
        """The regional head of the region that looks, of whatever incarnation."""
        return RegionalHead.from_document(self.own) if self.own is not None else None

    @property
    def own_version(self) -> int:
        """The version of this incarnation that is served here; 0 is the empty one."""
        head = self.own_head
        return head.version if head is not None and head.uid == self.collection.uid else 0

    @property
    def versions(self) -> dict[str, int]:
        """The version that each other region has."""
        followers = {region: head.version for region, head in self.others.items()}
        return followers | {self.home.region: self.home_head.version}


class ShardViews:
    """Looks at shards on behalf of one region."""

    def __init__(self, state: StateStore, topology: Topology, region: str) -> None:
        self._state = state
        self._topology = topology
        self._region = region
        self._hub_of = hubs_of(topology)

    def look(self, key: ShardKey, *, everywhere: bool = True) -> ShardView | None:
        """The shard, or None when this incarnation of the collection is gone.

        `everywhere`: read the heads of all regions, not only of this one and its hub, each of which costs a read.
        """
        near = [self._region, self._hub_of.get(self._region, self._region)]
        regions = list(self._topology.regions) if everywhere else list(dict.fromkeys(near))
        paths = [
            collection_document(key.collection),
            head_document(key.collection, key.shard),
            replication_document(key.collection),
            *(regional_head_document(region, key.collection, key.shard) for region in regions),
        ]
        declared, head, policy, *regional = self._state.get_many(paths)
        if declared is None or head is None or declared.data["uid"] != key.uid or head.data["uid"] != key.uid:
            return None
        home = home_of(head.data, self._topology.home_region)
        heads = dict(zip(regions, regional, strict=True))
        return ShardView(
            collection=Collection.from_document(declared.data),
            shard=key.shard,
            home=home,
            home_head=Head.from_document(head),
            own=heads.pop(self._region, None),
            others=_of_incarnation(key.uid, heads, leave_out=home.region),
            tree=ReplicationPolicy.from_document(policy).tree(home.region, list(self._topology.regions), self._hub_of),
        )


def _of_incarnation(uid: str, heads: Mapping[str, Document | None], *, leave_out: str) -> dict[str, RegionalHead]:
    found = {
        region: RegionalHead.from_document(document)
        for region, document in heads.items()
        if document is not None and region != leave_out
    }
    return {region: head for region, head in found.items() if head.uid == uid}
