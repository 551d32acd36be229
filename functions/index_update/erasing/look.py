"""Looking whether anything is left of what was erased: in every object of the shard, the exports and the regions."""

from collections.abc import Mapping
from datetime import UTC, datetime

from functions.index_update.erasing.exports import ErasedExports
from functions.index_update.erasing.holders import erased_rows, old_tombstones
from functions.index_update.erasing.scrub import ScrubWrites
from functions.index_update.shard_snapshots import ShardSnapshots
from functions.index_update.sweeping.garbage import KeptVersions, number_of, segment_of
from functions.index_update.sweeping.retention import Retention
from shared.domain.collection import Collection
from shared.domain.paths import head_document, shard_prefix
from shared.erasures.erasure import Erasure, ShardErasure, Stage
from shared.erasures.store import Erasures
from shared.manifests import Head, ManifestReader
from shared.ports.clock import Clock
from shared.ports.objects import ObjectStore
from shared.ports.state import StateStore
from shared.regions.heads import RegionalHead
from shared.regions.paths import regional_head_document


class LookForRemains:
    """Counts what is left, by kind; nothing found is proof.

    It is right from `due_at` on: whoever was writing when the shard was cleared is done or cut off by then, and what
    they left is old enough for the garbage collection that goes before.
    """

    def __init__(
        self,
        *,
        state: StateStore,
        objects: ObjectStore,
        erasures: Erasures,
        manifests: ManifestReader,
        snapshots: ShardSnapshots,
        scrub: ScrubWrites,
        exports: ErasedExports,
        clock: Clock,
        retention: Retention,
        regions: list[str],
    ) -> None:
        self._state = state
        self._objects = objects
        self._erasures = erasures
        self._manifests = manifests
        self._snapshots = snapshots
        self._scrub = scrub
        self._exports = exports
        self._clock = clock
        self._retention = retention
        self._regions = regions

    def due_at(self, at: ShardErasure) -> datetime:
        """When nobody reads or writes any more what was there before the shard was cleared."""
        return datetime.fromtimestamp(at.cleared_at, UTC) + self._retention.grace + self._retention.settled

    def __call__(self, erasure: Erasure, collection: Collection, shard: int, at: ShardErasure) -> Mapping[str, int]:
        """What is left, kinds without any left out.

        Raises:
            CorruptObject: a segment or manifest cannot be read, so that what it holds is not known.
        """
        document = self._state.get(head_document(collection.name, shard))
        if document is None or document.data["uid"] != collection.uid:
            return {}  # the collection was deleted meanwhile: the next step sees it
        head = Head.from_document(document)
        snapshot = self._snapshots.open(self._manifests.read(collection, shard, head))
        found = {
            **self._stored(collection, shard, head, at),
            "writes": self._scrub(erasure, shard, snapshot),
            "rows": erased_rows(snapshot, erasure.revision),
            "exports": self._exports(erasure, shard, at.version),
            "regions": self._regions_behind(erasure, shard, at),
        }
        if at.stage is Stage.FORGETTING:
            found["tombstones"] = sum(old_tombstones(snapshot, erasure.revision).values())
        return {kind: count for kind, count in found.items() if count}

    def _stored(self, collection: Collection, shard: int, head: Head, at: ShardErasure) -> dict[str, int]:
        """Manifests before the cleared version, and segments of that time that no version since names."""
        prefix = shard_prefix(collection.name, collection.uid, shard)
        manifests = list(self._objects.list(f"{prefix}/manifests/"))
        marking = KeptVersions.of(manifests, head, self._clock.now(), self._retention).marking
        named = {
            entry.id
            for info in marking
            if number_of(info) >= at.version
            for entry in self._manifests.read_object(info.name).segments
        }
        written_before = datetime.fromtimestamp(at.cleared_at, UTC) + self._retention.grace
        strays = {
            segment_of(info.name)
            for info in self._objects.list(f"{prefix}/segments/")
            if info.created_at < written_before and segment_of(info.name) not in named
        }
        return {"versions": sum(number_of(info) < at.version for info in manifests), "segments": len(strays)}

    def _regions_behind(self, erasure: Erasure, shard: int, at: ShardErasure) -> int:
        """Regions that hold a copy of the shard and have not said that theirs is clean."""
        paths = [regional_head_document(region, erasure.collection, shard) for region in self._regions]
        heads = zip(self._regions, self._state.get_many(paths), strict=True)
        holding = [
            region
            for region, document in heads
            if document is not None and _has(RegionalHead.from_document(document), erasure.uid)
        ]
        reports = self._erasures.reports(erasure, shard, holding) if holding else {}
        return sum(report is None or report.version < at.version or report.remains > 0 for report in reports.values())


def _has(head: RegionalHead, uid: str) -> bool:
    return uid in {head.uid, *head.former}
