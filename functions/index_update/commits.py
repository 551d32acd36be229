"""Committing accepted mutations: one delta segment and one new version for all events of a group.

The Pub/Sub message is the write-ahead log until the commit: a crash anywhere here loses nothing acknowledged
and shows no half commit, because only the head makes a version visible, and it moves in one atomic batch
with the markers of the events.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import orjson
from pydantic import ValidationError

from functions.index_update.announcements import Announcements
from functions.index_update.combine import RowWrite, combine, row_writes
from functions.index_update.group_commit import GroupCommit
from functions.index_update.publication import Publication
from functions.index_update.races import retry_lost_races
from shared.domain.collection import Collection
from shared.domain.paths import collection_document, commit_marker, head_document
from shared.errors import MalformedEvent
from shared.events.mutations import Mutations, MutationsAcceptedV1
from shared.index.build import build_delta
from shared.index.manifest import Manifest
from shared.manifests import Head, ManifestReader, spec_of
from shared.outcomes import Outcome
from shared.ports.clock import Clock
from shared.ports.objects import ObjectNotFound, ObjectStore
from shared.ports.state import ABSENT, Document, Put, StateStore

MARKER_LIFETIME: Final = MutationsAcceptedV1.max_age + timedelta(days=1)
"""A marker outlives every delivery of its event."""

MAX_GROUP: Final = 64
"""Events in one commit; a Firestore batch carries their markers, and all of it stays far below 10 MiB."""


@dataclass(frozen=True)
class ShardKey:
    """One shard of one incarnation of a collection."""

    collection: str
    uid: str
    shard: int


@dataclass(frozen=True)
class _ShardState:
    """What the state store says before a commit."""

    collection: Collection
    head: Document
    committed: frozenset[str]
    """Those of the group's events that are committed already."""


@dataclass(frozen=True)
class _Delivery:
    """An event with its payload at hand."""

    event: MutationsAcceptedV1
    mutations: Mutations


@dataclass(frozen=True)
class _Writes:
    """What one new event writes."""

    event: MutationsAcceptedV1
    rows: Mapping[str, RowWrite]


class CommitMutations:
    """Handles accepted mutations; concurrent deliveries of one shard coalesce into one commit."""

    def __init__(self, state: StateStore, objects: ObjectStore, announcements: Announcements, clock: Clock) -> None:
        self._state = state
        self._objects = objects
        self._announcements = announcements
        self._clock = clock
        self._manifests = ManifestReader(objects)
        self._publication = Publication(state, objects)
        self._group = GroupCommit(self._commit_group, MAX_GROUP)

    def __call__(self, event: MutationsAcceptedV1) -> Outcome:
        """Commit one event, together with whatever else arrives meanwhile.

        Raises:
            MalformedEvent: the payload is missing or not what the event says.
            RevisionConflict: other writers kept winning; redelivery tries again.
        """
        key = ShardKey(event.collection, event.uid, event.shard)
        return self._group.submit(key, _Delivery(event, self._payload(event)))

    def _payload(self, event: MutationsAcceptedV1) -> Mutations:
        if event.inline is not None:
            return event.inline
        assert event.reference is not None  # noqa: S101 - the contract says one of the two
        try:
            content = self._objects.read(event.reference.name)
        except ObjectNotFound:
            raise MalformedEvent(f"payload {event.reference.name} is missing") from None
        if hashlib.sha256(content).hexdigest() != event.reference.sha256:
            raise MalformedEvent(f"payload {event.reference.name} does not match its checksum")
        try:
            return Mutations.model_validate(orjson.loads(content))
        except (ValidationError, orjson.JSONDecodeError) as error:
            raise MalformedEvent(f"payload {event.reference.name}: {error}") from error

    def _commit_group(self, key: ShardKey, group: Sequence[_Delivery]) -> Sequence[Outcome | Exception]:
        return retry_lost_races(lambda: self._try_commit(key, group), f"commit to {key.collection}/{key.shard}")

    def _try_commit(self, key: ShardKey, group: Sequence[_Delivery]) -> Sequence[Outcome | Exception]:
        shard = self._shard_state(key, [delivery.event.event_id for delivery in group])
        if shard is None:
            return [Outcome.STALE] * len(group)  # the collection is gone; its writes have nowhere to go
        results, fresh = _sort_out(group, shard)
        manifest = self._manifests.read(shard.collection, key.shard, Head.from_document(shard.head))
        if fresh:
            manifest = self._publish(shard, manifest, fresh)
        self._announcements.committed(manifest)
        return results

    def _shard_state(self, key: ShardKey, event_ids: Sequence[str]) -> _ShardState | None:
        paths = [collection_document(key.collection), head_document(key.collection, key.shard)]
        paths += [commit_marker(key.collection, event_id) for event_id in event_ids]
        declared, head, *markers = self._state.get_many(paths)
        if declared is None or head is None or declared.data["uid"] != key.uid or head.data["uid"] != key.uid:
            return None
        committed = frozenset(marker.id for marker in markers if marker is not None)
        return _ShardState(Collection.from_document(declared.data), head, committed)

    def _publish(self, shard: _ShardState, current: Manifest, fresh: Sequence[_Writes]) -> Manifest:
        batch = combine([writes.rows for writes in fresh], shard.collection.dimension)
        version = current.version + 1
        with TemporaryDirectory(prefix="swell-delta-") as directory:
            built = build_delta(batch, spec_of(shard.collection), version=version, directory=Path(directory))
            self._publication.upload(shard.collection, current.shard, built)
        head = Head.from_document(shard.head)
        markers = [self._marker(writes.event, version) for writes in fresh]
        return self._publication.publish(current, shard.head, head, [*current.segments, built.entry], markers)

    def _marker(self, event: MutationsAcceptedV1, version: int) -> Put:
        return Put(
            commit_marker(event.collection, event.event_id),
            {"version": version, "payload_sha256": event.payload_sha256},
            if_version=ABSENT,
            expires_at=self._clock.now() + MARKER_LIFETIME,
        )


def _sort_out(group: Sequence[_Delivery], shard: _ShardState) -> tuple[list[Outcome | Exception], list[_Writes]]:
    """What each delivery comes to, and the writes of those that are new."""
    results: list[Outcome | Exception] = []
    fresh: dict[str, _Writes] = {}
    for delivery in group:
        event = delivery.event
        if event.event_id in shard.committed or event.event_id in fresh:
            results.append(Outcome.DUPLICATE)
            continue
        try:
            rows = row_writes(event.revision, delivery.mutations, shard.collection.dimension)
        except MalformedEvent as error:
            results.append(error)
        else:
            fresh[event.event_id] = _Writes(event, rows)
            results.append(Outcome.DONE)
    return results, list(fresh.values())
