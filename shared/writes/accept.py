"""Accepting writes: split by shard, give each part an identity and a revision, publish."""

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from uuid import uuid4

import numpy as np
import orjson
from numpy.typing import NDArray

from shared.commit_markers import CommitMarker
from shared.domain.collection import Collection
from shared.domain.limits import MAX_INLINE_PAYLOAD_BYTES
from shared.domain.paths import commit_marker, payload_object
from shared.domain.sharding import shard_of
from shared.domain.versions import VersionVector
from shared.errors import Conflict
from shared.events.codec import to_message
from shared.events.event import event_id_of
from shared.events.mutations import Mutations, MutationsAcceptedV1, ObjectReference, RecordUpdate
from shared.ports.clock import Clock
from shared.ports.objects import GenerationMismatch, ObjectStore
from shared.ports.publisher import Publisher
from shared.ports.state import StateStore
from shared.vectors import encode_vectors
from shared.writes.revisions import Revisions

_NO_CONDITIONS: Final[Mapping[str, str]] = {}


@dataclass(frozen=True)
class Upserts:
    """Validated records: `vectors` is float32 of shape (len(ids), dimension).

    `if_versions` names, for conditional upserts, the version that the record must have, or "absent".
    """

    ids: Sequence[str]
    vectors: NDArray[np.float32]
    attributes: Sequence[Mapping[str, Any] | None]
    if_versions: Mapping[str, str] = field(default_factory=lambda: _NO_CONDITIONS)


@dataclass(frozen=True)
class AcceptedWrite:
    """A write that will be applied: by shard, the event that carries it and the ids that this names."""

    collection: str
    event_ids: Mapping[int, str] = field(default_factory=dict)
    ids: Mapping[int, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class CommittedWrite:
    """What became of a write: the versions that hold it, and the records that it did not change."""

    version: VersionVector
    conflicts: Sequence[str]
    """Records that were not at the version that the write named."""
    missing: Sequence[str]
    """Records to be updated that did not exist."""
    deleted: int
    """Records that a filter deleted."""


class AcceptWrites:
    """Turns writes into published mutations. A write is accepted when all its messages are durable.

    The same idempotency key and body again is the same write; no key is a new one. Every accepting method raises
    `Conflict` where the key was used with another body.
    """

    def __init__(self, state: StateStore, objects: ObjectStore, publisher: Publisher, clock: Clock) -> None:
        self._state = state
        self._objects = objects
        self._publisher = publisher
        self._clock = clock
        self._revisions = Revisions(clock)

    def upsert(
        self, collection: Collection, upserts: Upserts, idempotency_key: str | None, *, revision: int | None = None
    ) -> AcceptedWrite:
        """Accept records to insert or replace.

        With `revision` the write counts as made then, in microseconds since 1970: writes made later win over it.
        """
        has_attributes = any(upserts.attributes)
        parts: dict[int, Mutations] = {}
        for shard, rows in _by_shard(upserts.ids, collection.shards).items():
            ids = [upserts.ids[row] for row in rows]
            parts[shard] = Mutations(
                upsert_ids=ids,
                vectors=encode_vectors(upserts.vectors[rows]),
                attributes=[_plain(upserts.attributes[row]) for row in rows] if has_attributes else None,
                if_versions={name: upserts.if_versions[name] for name in ids if name in upserts.if_versions},
            )
        return self._accept(collection, parts, idempotency_key, revision)

    def update(
        self, collection: Collection, updates: Sequence[RecordUpdate], idempotency_key: str | None
    ) -> AcceptedWrite:
        """Accept changes to parts of records.

        An update is placed by its revision, not by its arrival: it changes the record as the writes accepted before it
        left it, also where one of them is delivered later. A record that does not exist when the update is committed
        is reported as missing, and the update is kept for an upsert that was accepted before it and is still
        on its way; an upsert accepted after it replaces the record as a whole.
        """
        parts = _by_shard([update.id for update in updates], collection.shards)
        return self._accept(
            collection,
            {shard: Mutations(updates=[updates[row] for row in rows]) for shard, rows in parts.items()},
            idempotency_key,
        )

    def delete(
        self,
        collection: Collection,
        ids: Sequence[str],
        idempotency_key: str | None,
        *,
        erased_at_revision: int | None = None,
    ) -> AcceptedWrite:
        """Accept ids to delete; an id that does not exist is fine. With a revision they are deleted to be erased."""
        parts = _by_shard(ids, collection.shards)
        return self._accept(
            collection,
            {
                shard: Mutations(delete_ids=[ids[row] for row in rows], erases=erased_at_revision is not None)
                for shard, rows in parts.items()
            },
            idempotency_key,
            erased_at_revision,
        )

    def delete_matching(
        self,
        collection: Collection,
        condition: Mapping[str, Any],
        idempotency_key: str | None,
        *,
        erased_at_revision: int | None = None,
    ) -> AcceptedWrite:
        """Accept a filter, valid for the collection: what matches when it is committed is deleted.

        It is evaluated on the version that is current then, so it sees neither a write that is committed later,
        nor deletes one that was accepted later.
        """
        mutations = Mutations(delete_filter=dict(condition), erases=erased_at_revision is not None)
        parts = dict.fromkeys(range(collection.shards), mutations)
        return self._accept(collection, parts, idempotency_key, erased_at_revision)

    def next_revision(self) -> int:
        """The revision of a write that is to be accepted now."""
        return self._revisions.next()

    def event_of(self, collection: Collection, shard: int, idempotency_key: str) -> str:
        """The id of the event that carries a shard's part of the write of this key."""
        return event_id_of(MutationsAcceptedV1.type, collection.uid, shard, idempotency_key)

    def committed(self, write: AcceptedWrite) -> CommittedWrite | None:
        """What became of the write, or None while a part of it is not committed."""
        shards = list(write.event_ids)
        found = self._state.get_many([commit_marker(write.collection, write.event_ids[shard]) for shard in shards])
        markers = {
            shard: CommitMarker.from_document(document.data)
            for shard, document in zip(shards, found, strict=True)
            if document is not None
        }
        if len(markers) < len(shards):
            return None
        return CommittedWrite(
            version=VersionVector({shard: marker.version for shard, marker in markers.items()}),
            conflicts=[write.ids[shard][place] for shard, marker in markers.items() for place in marker.conflicts],
            missing=[write.ids[shard][place] for shard, marker in markers.items() for place in marker.missing],
            deleted=sum(marker.deleted for marker in markers.values()),
        )

    def _accept(
        self,
        collection: Collection,
        parts: Mapping[int, Mutations],
        idempotency_key: str | None,
        revision: int | None = None,
    ) -> AcceptedWrite:
        revision = self._revisions.next() if revision is None else revision
        key = idempotency_key or uuid4().hex
        events = [self._event(collection, shard, mutations, revision, key) for shard, mutations in parts.items()]
        if idempotency_key is not None:
            self._reject_reused_key(collection.name, events)
        self._publisher.publish([to_message(event) for event in events])
        return AcceptedWrite(
            collection.name,
            {event.shard: event.event_id for event in events},
            {shard: mutations.ids for shard, mutations in parts.items()},
        )

    def _event(
        self, collection: Collection, shard: int, mutations: Mutations, revision: int, idempotency_key: str
    ) -> MutationsAcceptedV1:
        event_id = self.event_of(collection, shard, idempotency_key)
        payload = orjson.dumps(mutations.to_json())
        digest = hashlib.sha256(payload).hexdigest()
        reference = None
        if len(payload) > MAX_INLINE_PAYLOAD_BYTES:
            name = payload_object(collection.name, collection.uid, shard, revision, event_id)
            with suppress(GenerationMismatch):  # our own success, whose answer was lost and which was sent again
                self._objects.put(name, payload, if_generation=0)
            reference = ObjectReference(name=name, size_bytes=len(payload), sha256=digest)
        return MutationsAcceptedV1(
            event_id=event_id,
            # Its age is that of its revision: compaction keeps tombstones for as long as deliveries are taken.
            occurred_at=datetime.fromtimestamp(revision / 1_000_000, UTC),
            collection=collection.name,
            uid=collection.uid,
            shard=shard,
            revision=revision,
            payload_sha256=digest,
            inline=None if reference else mutations,
            reference=reference,
        )

    def _reject_reused_key(self, collection: str, events: Sequence[MutationsAcceptedV1]) -> None:
        markers = self._state.get_many([commit_marker(collection, event.event_id) for event in events])
        for event, marker in zip(events, markers, strict=True):
            if marker is not None and marker.data["payload_sha256"] != event.payload_sha256:
                raise Conflict("this Idempotency-Key was used for a write with another body")


def _by_shard(ids: Sequence[str], shards: int) -> dict[int, list[int]]:
    """Places in `ids` by shard."""
    parts: dict[int, list[int]] = defaultdict(list)
    for place, record_id in enumerate(ids):
        parts[shard_of(record_id, shards)].append(place)
    return parts


def _plain(attributes: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return dict(attributes) if attributes else None
