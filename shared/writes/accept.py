"""Accepting writes: split by shard, give each part an identity and a revision, publish."""

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import numpy as np
import orjson
from numpy.typing import NDArray

from shared.domain.collection import Collection
from shared.domain.limits import MAX_INLINE_PAYLOAD_BYTES
from shared.domain.paths import commit_marker, payload_object
from shared.domain.sharding import shard_of
from shared.domain.versions import VersionVector
from shared.errors import Conflict
from shared.events.codec import to_message
from shared.events.event import event_id_of
from shared.events.mutations import Mutations, MutationsAcceptedV1, ObjectReference
from shared.ports.clock import Clock
from shared.ports.objects import GenerationMismatch, ObjectStore
from shared.ports.publisher import Publisher
from shared.ports.state import StateStore
from shared.vectors import encode_vectors
from shared.writes.revisions import Revisions


@dataclass(frozen=True)
class Upserts:
    """Validated records: `vectors` is float32 of shape (len(ids), dimension)."""

    ids: Sequence[str]
    vectors: NDArray[np.float32]
    attributes: Sequence[Mapping[str, Any] | None]


@dataclass(frozen=True)
class AcceptedWrite:
    """A write that will be applied: the events that carry it, by shard."""

    collection: str
    event_ids: Mapping[int, str] = field(default_factory=dict)


class AcceptWrites:
    """Turns writes into published mutations. A write is accepted when all its messages are durable."""

    def __init__(self, state: StateStore, objects: ObjectStore, publisher: Publisher, clock: Clock) -> None:
        self._state = state
        self._objects = objects
        self._publisher = publisher
        self._clock = clock
        self._revisions = Revisions(clock)

    def upsert(
        self, collection: Collection, upserts: Upserts, idempotency_key: str | None, *, revision: int | None = None
    ) -> AcceptedWrite:
        """Accept records to insert or replace. The same key and body again is the same write; no key is a new one.

        With `revision` the write counts as made then, in microseconds since 1970: later writes win over it.

        Raises:
            Conflict: the key was used with another body.
        """
        parts: dict[int, list[int]] = defaultdict(list)
        for row, record_id in enumerate(upserts.ids):
            parts[shard_of(record_id, collection.shards)].append(row)
        has_attributes = any(upserts.attributes)
        return self._accept(
            collection,
            {
                shard: Mutations(
                    upsert_ids=[upserts.ids[row] for row in rows],
                    vectors=encode_vectors(upserts.vectors[rows]),
                    attributes=[_plain(upserts.attributes[row]) for row in rows] if has_attributes else None,
                )
                for shard, rows in parts.items()
            },
            idempotency_key,
            revision,
        )

    def delete(self, collection: Collection, ids: Sequence[str], idempotency_key: str | None) -> AcceptedWrite:
        """Accept ids to delete; an id that does not exist is fine.

        Raises:
            Conflict: the key was used with another body.
        """
        parts: dict[int, list[str]] = defaultdict(list)
        for record_id in ids:
            parts[shard_of(record_id, collection.shards)].append(record_id)
        return self._accept(
            collection, {shard: Mutations(delete_ids=part) for shard, part in parts.items()}, idempotency_key
        )

    def committed_version(self, write: AcceptedWrite) -> VersionVector | None:
        """The versions that hold the write, or None while a part of it is not committed."""
        shards = list(write.event_ids)
        markers = self._state.get_many([commit_marker(write.collection, write.event_ids[shard]) for shard in shards])
        versions = {
            shard: marker.data["version"] for shard, marker in zip(shards, markers, strict=True) if marker is not None
        }
        return VersionVector(versions) if len(versions) == len(shards) else None

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
        return AcceptedWrite(collection.name, {event.shard: event.event_id for event in events})

    def _event(
        self, collection: Collection, shard: int, mutations: Mutations, revision: int, idempotency_key: str
    ) -> MutationsAcceptedV1:
        event_id = event_id_of(MutationsAcceptedV1.type, collection.uid, shard, idempotency_key)
        payload = orjson.dumps(mutations.model_dump(mode="json", exclude_none=True))
        digest = hashlib.sha256(payload).hexdigest()
        large = len(payload) > MAX_INLINE_PAYLOAD_BYTES
        return MutationsAcceptedV1(
            event_id=event_id,
            # Its age is that of its revision: compaction keeps tombstones for as long as deliveries are taken.
            occurred_at=datetime.fromtimestamp(revision / 1_000_000, UTC),
            collection=collection.name,
            uid=collection.uid,
            shard=shard,
            revision=revision,
            payload_sha256=digest,
            inline=None if large else mutations,
            reference=self._store(collection, event_id, payload, digest) if large else None,
        )

    def _store(self, collection: Collection, event_id: str, payload: bytes, digest: str) -> ObjectReference:
        # The digest is part of the name: another body under the same key never meets this one's bytes.
        name = payload_object(collection.name, collection.uid, f"{event_id}-{digest[:16]}")
        with suppress(GenerationMismatch):  # the same write, sent again
            self._objects.put(name, payload, if_generation=0)
        return ObjectReference(name=name, size_bytes=len(payload), sha256=digest)

    def _reject_reused_key(self, collection: str, events: Sequence[MutationsAcceptedV1]) -> None:
        markers = self._state.get_many([commit_marker(collection, event.event_id) for event in events])
        for event, marker in zip(events, markers, strict=True):
            if marker is not None and marker.data["payload_sha256"] != event.payload_sha256:
                raise Conflict("this Idempotency-Key was used for a write with another body")


def _plain(attributes: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return dict(attributes) if attributes else None
