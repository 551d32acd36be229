"""Telling the rest of the pipeline about a committed version.

Announcements carry state, so a repeat is harmless: they are made again on every duplicate delivery,
because the first one may have been lost in a crash between the commit and the publish.
"""

from shared.events.codec import to_message
from shared.events.event import Event, event_id_of
from shared.events.index import CompactionDueV1, ShardCommittedV1
from shared.index.compaction import CompactionPolicy, plan_compaction
from shared.index.manifest import Manifest
from shared.manifests import manifest_name
from shared.ports.clock import Clock
from shared.ports.publisher import Publisher


class Announcements:
    """Publishes what follows from a version."""

    def __init__(self, publisher: Publisher, clock: Clock, policy: CompactionPolicy) -> None:
        self._publisher = publisher
        self._clock = clock
        self._policy = policy

    def committed(self, manifest: Manifest) -> None:
        """Announce a version, and that its segments are due for compaction, if they are."""
        if manifest.version == 0:
            return
        events: list[Event] = [self._commit(manifest)]
        if plan_compaction(manifest, self._policy) is not None:
            events.append(self._compaction_due(manifest, is_thorough=False))
        self._publisher.publish([to_message(event) for event in events])

    def compaction_due(self, manifest: Manifest, *, is_thorough: bool) -> None:
        """Announce that a shard's segments should be looked at."""
        self._publisher.publish([to_message(self._compaction_due(manifest, is_thorough=is_thorough))])

    def _commit(self, manifest: Manifest) -> ShardCommittedV1:
        return ShardCommittedV1(
            event_id=event_id_of(ShardCommittedV1.type, manifest.uid, manifest.shard, manifest.version),
            occurred_at=self._clock.now(),
            collection=manifest.collection,
            uid=manifest.uid,
            shard=manifest.shard,
            version=manifest.version,
            manifest=manifest_name(manifest),
        )

    def _compaction_due(self, manifest: Manifest, *, is_thorough: bool) -> CompactionDueV1:
        return CompactionDueV1(
            event_id=event_id_of(CompactionDueV1.type, manifest.uid, manifest.shard, manifest.version, is_thorough),
            occurred_at=self._clock.now(),
            collection=manifest.collection,
            uid=manifest.uid,
            shard=manifest.shard,
            version=manifest.version,
            is_thorough=is_thorough,
        )
