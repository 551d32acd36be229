"""Where a collection is at home, how it is replicated, and what each region has of it: as the state store says."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from shared.domain.collection import Collection
from shared.domain.paths import head_document
from shared.domain.versions import VersionVector
from shared.ports.state import Document, StateStore
from shared.regions.homes import Home, home_of
from shared.regions.paths import regional_head_document, replication_document
from shared.regions.policy import ReplicationPolicy
from shared.regions.replication import hubs_of
from shared.topology import Topology


@dataclass(frozen=True)
class RegionalCopy:
    """What one region has. `lag_s`: from commit to copy, of the newest version of its slowest shard; None at home."""

    region: str
    source: str | None
    """Whom it copies from; None at home, and where it does not follow."""
    version: str | None
    """None where it has nothing."""
    versions_behind: int
    lag_s: float | None


@dataclass(frozen=True)
class Copies:
    """All regions, in the order of the topology."""

    home: Home
    shape: str
    regions: tuple[RegionalCopy, ...]

    def to_answer(self) -> dict[str, Any]:
        """As the description of a collection tells it."""
        return {
            "home": self.home.region,
            "home_epoch": self.home.epoch,
            "replication": self.shape,
            "regions": [vars(copy) for copy in self.regions],
        }


def copies_of(state: StateStore, topology: Topology, collection: Collection) -> Copies:
    """One read of the state store: 1, and (regions + 1) documents a shard."""
    name, shards = collection.name, collection.shards
    paths = [replication_document(name), *(head_document(name, shard) for shard in range(shards))]
    for region in topology.regions:
        paths += [regional_head_document(region, name, shard) for shard in range(shards)]
    policy_document, *heads = state.get_many(paths)
    policy = ReplicationPolicy.from_document(policy_document)
    committed = heads[:shards]
    home = home_of(committed[0].data if committed[0] is not None else {}, topology.home_region)
    parents = policy.tree(home.region, list(topology.regions), hubs_of(topology)).parents
    copies = [
        _copy(
            region,
            parents.get(region),
            collection,
            committed,
            committed if region == home.region else heads[shards * (number + 1) : shards * (number + 2)],
            is_home=region == home.region,
        )
        for number, region in enumerate(topology.regions)
    ]
    return Copies(home, policy.shape.value, tuple(copies))


def _copy(
    region: str,
    source: str | None,
    collection: Collection,
    committed: Sequence[Document | None],
    held: Sequence[Document | None],
    *,
    is_home: bool,
) -> RegionalCopy:
    had = [_version(document, collection) for document in held]
    wanted = [_version(document, collection) or 0 for document in committed]
    behind = sum(max(0, newest - (version or 0)) for newest, version in zip(wanted, had, strict=True))
    has_any = any(version is not None for version in had) or not any(wanted)
    lags = [
        each.data["lag_s"] for each in held if each is not None and each.data["uid"] == collection.uid and not is_home
    ]
    version = str(VersionVector({shard: each or 0 for shard, each in enumerate(had)})) if has_any else None
    return RegionalCopy(region, source, version, behind, round(max(lags), 3) if lags else None)


def _version(document: Document | None, collection: Collection) -> int | None:
    """None for another incarnation's, and where there is none."""
    if document is None or document.data["uid"] != collection.uid:
        return None
    version: int = document.data["version"]
    return version
