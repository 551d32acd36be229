"""Reporting erasures: what of a region's copy of a shard is older than the version without the erased records.

A sync that began before the region served that version may have been copying an older one; it has ended an hour later.
What was stored until then must be named by a manifest from that version on, or it is told as a remainder.
"""

from datetime import UTC, datetime
from typing import Final

from functions.region_sync.copying import Bucket
from functions.region_sync.sweep_plan import READER_GRACE, events_prefixes, manifests_prefix, segments_prefix
from functions.region_sync.sync_plan import wanted_files
from shared.domain.paths import head_document, revision_in
from shared.erasures.erasure import CLEARED, Erasure, RegionErasure, ShardErasure
from shared.erasures.store import Erasures
from shared.errors import CorruptObject
from shared.index.manifest import Manifest
from shared.ports.clock import Clock
from shared.ports.objects import ObjectNotFound
from shared.ports.state import StateStore
from shared.regions.heads import RegionalHead
from shared.regions.homes import home_of
from shared.regions.paths import regional_head_document

NOT_REACHED: Final = 1
"""What remains, at the least, while an older version is served."""


class ReportErasures:
    """For one region; called on its ticks, after its sweeps."""

    def __init__(self, *, own: Bucket, state: StateStore, erasures: Erasures, clock: Clock, default_home: str) -> None:
        self._own = own
        self._state = state
        self._erasures = erasures
        self._clock = clock
        self._default_home = default_home

    def __call__(self) -> int:
        """Look at every shard of every open erasure of which a copy is here; how many are not clean."""
        unclean = 0
        for erasure in self._erasures.open():
            for shard, at in self._erasures.shards(erasure).items():
                if at.stage in CLEARED:
                    report = self._report(erasure, shard, at)
                    unclean += report is not None and report.remains > 0
        return unclean

    def _report(self, erasure: Erasure, shard: int, at: ShardErasure) -> RegionErasure | None:
        """What was reported; None where this region has no copy, or is the shard's home."""
        region = self._own.region
        paths = [head_document(erasure.collection, shard), regional_head_document(region, erasure.collection, shard)]
        home, own = self._state.get_many(paths)
        if home is None or own is None or home_of(home.data, self._default_home).region == region:
            return None
        head = RegionalHead.from_document(own)
        if erasure.uid not in {head.uid, *head.former}:
            return None
        before = self._erasures.reports(erasure, shard, [region])[region]
        report = self._looked(erasure, shard, at, head, before)
        self._erasures.report(erasure, region, shard, report)
        return report

    def _looked(
        self, erasure: Erasure, shard: int, at: ShardErasure, head: RegionalHead, before: RegionErasure | None
    ) -> RegionErasure:
        now = self._clock.now()
        if head.uid != erasure.uid or head.version < at.version:
            return RegionErasure(version=0, seen_at=0.0, remains=NOT_REACHED, looked_at=now.timestamp())
        seen_at = before.seen_at if before is not None and before.version >= at.version else now.timestamp()
        settled = datetime.fromtimestamp(seen_at, UTC) + READER_GRACE
        remains = self._older(erasure, shard, at.version, settled) if now >= settled else NOT_REACHED
        return RegionErasure(version=at.version, seen_at=seen_at, remains=remains, looked_at=now.timestamp())

    def _accepted_here(self, erasure: Erasure, shard: int) -> int:
        """Payloads and journals up to the erasure, of when this region was home; its sweep removes them in time."""
        prefixes = events_prefixes(erasure.collection, erasure.uid, shard)
        return sum(
            revision_in(info.name) <= erasure.revision for prefix in prefixes for info in self._own.objects.list(prefix)
        )

    def _older(self, erasure: Erasure, shard: int, version: int, settled: datetime) -> int:
        """Objects stored before `settled` that are a manifest before `version`, or named by none since."""
        objects, named, older = self._own.objects, set(), 0
        for info in objects.list(manifests_prefix(erasure.collection, erasure.uid, shard)):
            try:
                manifest = Manifest.from_bytes(objects.read(info.name))
            except ObjectNotFound:
                continue
            except CorruptObject:
                older += 1  # what it names is not known
                continue
            if manifest.version < version:
                older += 1
            else:
                named |= {file.name for file in wanted_files(manifest)}
        segments = objects.list(segments_prefix(erasure.collection, erasure.uid, shard))
        older += self._accepted_here(erasure, shard)
        return older + sum(info.created_at < settled and info.name not in named for info in segments)
