"""Committing accepted mutations: one delta segment and one new version for all events of a group.

The Pub/Sub message is the write-ahead log until the commit: a crash anywhere here loses nothing acknowledged
and shows no half commit, because only the head makes a version visible, and it moves in one atomic batch
with the markers of the events.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from functions.index_update.announcements import Announcements
from functions.index_update.committed_words import committed_words, matching_ids
from functions.index_update.deliveries import Delivery, FreshEvent, in_parts, sort_out
from functions.index_update.effects import Effect, Report, filter_effect, placed_effect, plain_effect
from functions.index_update.group_commit import GroupCommit
from functions.index_update.home_check import HomeCheck
from functions.index_update.payloads import PayloadMissing, read_payload
from functions.index_update.publication import Publication, new_commit_id
from functions.index_update.record_writes import EventWrites, Patch
from functions.index_update.shard_key import ShardKey
from functions.index_update.shard_snapshots import ShardSnapshots
from functions.index_update.update_journal import UpdateJournal
from functions.index_update.words import batch_of
from shared.commit_markers import CommitMarker
from shared.coordination.races import retry_lost_races
from shared.domain.collection import Collection
from shared.domain.paths import collection_document, commit_marker, head_document
from shared.errors import CorruptObject, TransientError
from shared.events.mutations import MutationsAcceptedV1
from shared.index.build import build_delta
from shared.index.manifest import Manifest, SegmentEntry
from shared.manifests import Head, ManifestReader, spec_of
from shared.outcomes import Outcome
from shared.ports.clock import Clock
from shared.ports.objects import ObjectStore
from shared.ports.state import ABSENT, Document, Put, StateStore


class HeadDamaged(TransientError):  # noqa: N818 - a wait, not a failure
    """The manifest of the newest version is damaged: writes wait until it is whole again, and commit by themselves."""

    code = "head_damaged"


MARKER_LIFETIME: Final = MutationsAcceptedV1.max_age + timedelta(days=1)
"""A marker outlives every delivery of its event."""

MAX_GROUP: Final = 64
"""Events in one commit; a Firestore batch carries their markers, and all of it stays far below 10 MiB."""


@dataclass(frozen=True)
class _ShardState:
    """What the state store says before a commit."""

    collection: Collection
    document: Document
    head: Head
    committed: frozenset[str]
    """Those of the group's events that are committed already."""


class CommitMutations:
    """Handles accepted mutations; concurrent deliveries of one shard coalesce into one commit."""

    def __init__(
        self,
        *,
        state: StateStore,
        objects: ObjectStore,
        manifests: ManifestReader,
        publication: Publication,
        snapshots: ShardSnapshots,
        announcements: Announcements,
        clock: Clock,
        home: HomeCheck,
        payloads: Sequence[ObjectStore] = (),
    ) -> None:
        """`payloads`: where else payloads may be, in other regions; and journals, of what was at home there."""
        self._state = state
        self._objects = objects
        self._snapshots = snapshots
        self._announcements = announcements
        self._clock = clock
        self._home = home
        self._elsewhere = tuple(store for store in payloads if store is not objects)
        self._payloads = (objects, *self._elsewhere)
        self._manifests = manifests
        self._publication = publication
        self._group = GroupCommit(self._commit_group, MAX_GROUP)

    def __call__(self, event: MutationsAcceptedV1) -> Outcome:
        """Commit one event, together with whatever else arrives meanwhile.

        Raises:
            MalformedEvent: the payload is missing or not what the event says.
            RevisionConflict: other writers kept winning; redelivery tries again.
            HomeElsewhere: the shard commits in another region.
            HeadDamaged: nothing can be added to its newest version; redelivery tries again.
            CorruptObject: this write needs to see a segment that is damaged.
        """
        key = ShardKey(event.collection, event.uid, event.shard)
        try:
            delivery = Delivery(event, read_payload(self._payloads, event))
        except PayloadMissing:
            shard = retry_lost_races(lambda: self._shard_state(key, [event.event_id]), f"look at {key}")
            if shard is not None and event.event_id not in shard.committed:
                raise
            return Outcome.STALE if shard is None else Outcome.DUPLICATE  # its payload went as it was done with
        return self._group.submit(key, delivery)

    def _commit_group(self, key: ShardKey, group: Sequence[Delivery]) -> Sequence[Outcome | Exception]:
        results: list[Outcome | Exception] = []
        for part in in_parts(group):
            results += self._commit_part(key, part)
        return results

    def _commit_part(self, key: ShardKey, part: Sequence[Delivery]) -> Sequence[Outcome | Exception]:
        try:
            return retry_lost_races(lambda: self._try_commit(key, part), f"commit to {key}")
        except CorruptObject as error:
            if len(part) == 1:
                return [error]
            # one of them needs a segment that is damaged; those that need none are committed
            return [result for delivery in part for result in self._commit_part(key, [delivery])]

    def _try_commit(self, key: ShardKey, group: Sequence[Delivery]) -> Sequence[Outcome | Exception]:
        shard = self._shard_state(key, [delivery.event.event_id for delivery in group])
        if shard is None:
            return [Outcome.STALE] * len(group)  # the collection is gone; its writes have nowhere to go
        results, fresh = sort_out(group, shard.committed, spec_of(shard.collection))
        manifest = self._newest(key, shard)
        if fresh:
            manifest = self._commit(key, shard, manifest, fresh)
        self._announcements.committed(manifest)
        return results

    def _shard_state(self, key: ShardKey, event_ids: Sequence[str]) -> _ShardState | None:
        paths = [collection_document(key.collection), head_document(key.collection, key.shard)]
        paths += [commit_marker(key.collection, event_id) for event_id in event_ids]
        declared, head, *markers = self._state.get_many(paths)
        if declared is None or head is None or declared.data["uid"] != key.uid or head.data["uid"] != key.uid:
            return None
        self._home.require(head, self._clock.now().timestamp())
        committed = frozenset(marker.id for marker in markers if marker is not None)
        return _ShardState(Collection.from_document(declared.data), head, Head.from_document(head), committed)

    def _newest(self, key: ShardKey, shard: _ShardState) -> Manifest:
        try:
            return self._manifests.read(shard.collection, key.shard, shard.head)
        except CorruptObject as error:
            raise HeadDamaged(f"{key} is at version {shard.head.version}, and its {error}") from error

    def _commit(self, key: ShardKey, shard: _ShardState, current: Manifest, fresh: Sequence[FreshEvent]) -> Manifest:
        commit_id = new_commit_id()
        has_moved = shard.head.home is not None
        journal = UpdateJournal(self._state, self._objects, key, self._elsewhere if has_moved else ())
        effect = self._effect(shard, current, [one.writes for one in fresh], journal)
        head = replace(
            shard.head,
            guarded_to=max(shard.head.guarded_to, effect.guarded_to, *_erased(fresh)),
            written_at=self._clock.now().timestamp(),
        )
        journal.write(effect.layers, commit_id, fresh[0].event.event_id)
        version = current.version + bool(effect.words)
        markers = [self._marker(one.event, version, commit_id, effect) for one in fresh]
        if not effect.words:
            self._publication.mark(shard.document, head, commit_id=commit_id, markers=markers)
            return current
        entry = self._store(shard.collection, key.shard, effect, version)
        segments = [*current.segments, entry]
        return self._publication.publish(current, shard.document, head, segments, commit_id=commit_id, markers=markers)

    def _effect(
        self, shard: _ShardState, current: Manifest, events: Sequence[EventWrites], journal: UpdateJournal
    ) -> Effect:
        if all(event.is_plain and event.revision > shard.head.guarded_to for event in events):
            return plain_effect(events)
        snapshot = self._snapshots.open(current)
        first = events[0]
        if first.condition is not None:
            return filter_effect(first, matching_ids(snapshot, first.condition, first.revision))
        writes = [write for event in events for write in event.records]
        patched = [write.id for write in writes if isinstance(write.change, Patch)]
        words = committed_words(snapshot, [write.id for write in writes], with_content=patched)
        return placed_effect(events, words, journal.layer)

    def _store(self, collection: Collection, shard: int, effect: Effect, version: int) -> SegmentEntry:
        batch = batch_of(effect.words, collection.dimension)
        with TemporaryDirectory(prefix="swell-delta-") as directory:
            built = build_delta(batch, spec_of(collection), version=version, directory=Path(directory))
            return self._publication.upload(collection, shard, built).entry

    def _marker(self, event: MutationsAcceptedV1, version: int, commit_id: str, effect: Effect) -> Put:
        report = effect.reports.get(event.event_id, Report())
        marker = CommitMarker(
            version, commit_id, event.payload_sha256, report.conflicts, report.missing, report.deleted
        )
        return Put(
            commit_marker(event.collection, event.event_id),
            marker.to_document(),
            if_version=ABSENT,
            expires_at=self._clock.now() + MARKER_LIFETIME,
        )


def _erased(fresh: Sequence[FreshEvent]) -> list[int]:
    """The revisions up to which records were erased: writes that come late are compared with their tombstones."""
    return [one.writes.revision for one in fresh if one.writes.erases]
