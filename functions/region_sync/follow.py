"""Following announcements: a commit at home, or a version that the region we copy from now has."""

from functions.region_sync.shard_view import ShardKey
from functions.region_sync.sync_shard import SyncReason, SyncReport, SyncShard
from shared.events.codec import to_message
from shared.events.event import event_id_of
from shared.events.index import ShardCommittedV1
from shared.events.regions import RegionHeadMovedV1
from shared.outcomes import Outcome
from shared.ports.clock import Clock
from shared.ports.publisher import Publisher
from shared.regions.lag import LAG
from shared.telemetry import log

_OUTCOMES = {
    SyncReason.COPIED: Outcome.DONE,
    SyncReason.ALREADY_HERE: Outcome.DUPLICATE,
    SyncReason.HOME_IS_HERE: Outcome.DUPLICATE,
    SyncReason.WAITS_FOR_PARENT: Outcome.STALE,
    SyncReason.NOT_FOLLOWED_HERE: Outcome.STALE,
    SyncReason.COLLECTION_GONE: Outcome.STALE,
}


class FollowAnnouncements:
    """Handles `ShardCommittedV1` and `RegionHeadMovedV1` for one region; `hub` is the region it may copy from.

    What is announced carries state, so it is announced again when a delivery is repeated: the first time may have
    been lost in a crash. It goes only to regions that copy from here, never back: a tree has no way round.
    """

    def __init__(self, *, region: str, hub: str | None, sync: SyncShard, publisher: Publisher, clock: Clock) -> None:
        self._region = region
        self._hub = hub
        self._sync = sync
        self._publisher = publisher
        self._clock = clock

    def commit(self, event: ShardCommittedV1) -> Outcome:
        """Copy what home has committed, or wait for the hub to have it."""
        return self._follow(ShardKey(event.collection, event.uid, event.shard))

    def head_moved(self, event: RegionHeadMovedV1) -> Outcome:
        """Copy what the hub has now; what other regions have is nothing to us."""
        if event.region != self._hub:
            return Outcome.STALE
        return self._follow(ShardKey(event.collection, event.uid, event.shard))

    def _follow(self, key: ShardKey) -> Outcome:
        report = self._sync(key, patient=True)
        if report.reason in {SyncReason.COPIED, SyncReason.ALREADY_HERE} and report.followers and report.version:
            self._publisher.publish([to_message(self._moved(key, report.version))])
        log_sync(self._region, key, report)
        return _OUTCOMES[report.reason]

    def _moved(self, key: ShardKey, version: int) -> RegionHeadMovedV1:
        return RegionHeadMovedV1(
            event_id=event_id_of(RegionHeadMovedV1.type, self._region, key.uid, key.shard, version),
            occurred_at=self._clock.now(),
            collection=key.collection,
            uid=key.uid,
            shard=key.shard,
            region=self._region,
            version=version,
        )


def log_sync(region: str, key: ShardKey, report: SyncReport) -> None:
    """One line for what was copied; what changed nothing is in the line of its delivery."""
    if report.reason is SyncReason.COPIED and report.lag_s is not None:
        LAG.observe(report.lag_s, region)
        log(
            "INFO",
            "shard synced",
            region=region,
            collection=key.collection,
            shard=key.shard,
            version=report.version,
            source=report.source,
            copied_bytes=report.copied_bytes,
            lag_s=report.lag_s,
        )
