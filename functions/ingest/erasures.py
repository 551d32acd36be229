"""Starting erasures, and telling how far they are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from shared.domain.collection import Collection
from shared.domain.sharding import shard_of
from shared.domain.tenancy import public_name
from shared.erasures.erasure import Erasure, ShardErasure, Stage
from shared.erasures.store import Erasures
from shared.events.codec import to_message
from shared.events.event import event_id_of
from shared.events.index import ErasureDueV1
from shared.events.mutations import MutationsAcceptedV1
from shared.ports.clock import Clock
from shared.ports.publisher import Publisher
from shared.topology import Topology, load_topology
from shared.writes.accept import AcceptedWrite, AcceptWrites

_MUTATIONS: Final = "mutations"


class StartErasures:
    """Deletes records so that they are erased afterwards.

    The erasure is kept first, with the revision that the delete will have; a request that is sent again with its key
    goes on with it. A crash before the delete is published leaves an erasure that fails after a week, told by nobody.
    """

    def __init__(self, writes: AcceptWrites, erasures: Erasures, publisher: Publisher, clock: Clock) -> None:
        self._writes = writes
        self._erasures = erasures
        self._publisher = publisher
        self._clock = clock

    def erase(
        self,
        collection: Collection,
        ids: Sequence[str] | None,
        condition: Mapping[str, Any] | None,
        idempotency_key: str | None,
    ) -> tuple[Erasure, AcceptedWrite]:
        """Accept the delete of ids, or of what matches, and have it erased.

        Raises:
            Conflict: the key was used for another write.
        """
        key = idempotency_key or uuid4().hex
        named = range(collection.shards) if ids is None else (shard_of(each, collection.shards) for each in ids)
        erasure = self._erasures.begin(
            Erasure(
                id=event_id_of("erasure", collection.uid, key).replace("-", ""),
                collection=collection.name,
                uid=collection.uid,
                revision=self._writes.next_revision(),
                event_ids={shard: self._writes.event_of(collection, shard, key) for shard in sorted(set(named))},
            )
        )
        if ids is None:
            write = self._writes.delete_matching(collection, condition or {}, key, erased_at_revision=erasure.revision)
        else:
            write = self._writes.delete(collection, ids, key, erased_at_revision=erasure.revision)
        self._publisher.publish([to_message(self._due(erasure, shard)) for shard in erasure.event_ids])
        return erasure, write

    def _due(self, erasure: Erasure, shard: int) -> ErasureDueV1:
        return ErasureDueV1(
            event_id=event_id_of(ErasureDueV1.type, erasure.id, shard),
            occurred_at=self._clock.now(),
            collection=erasure.collection,
            uid=erasure.uid,
            shard=shard,
            erasure=erasure.id,
        )


@dataclass(frozen=True)
class Kept:
    """How long Pub/Sub keeps writes, acknowledged ones too, and those that were given up."""

    messages: timedelta
    dead_letters: timedelta


def kept(topology: Topology) -> Kept:
    """The longest retentions of the writes' topic, of what subscribes to it, and of where its dead letters go."""
    readers = [each for each in topology.subscriptions.values() if each.topic == _MUTATIONS]
    messages_s = max(topology.topics[_MUTATIONS].retention_s, *(each.retention_s for each in readers))
    dead_letters_s = max(topology.topics[each.dead_letter_topic].retention_s for each in readers)
    return Kept(timedelta(seconds=messages_s), timedelta(seconds=dead_letters_s))


def receipt(
    erasure: Erasure, shards: Mapping[int, ShardErasure], reports: Mapping[int, Mapping[str, Any]]
) -> dict[str, Any]:
    """What everybody may see of an erasure: how far each shard is, what is left, until when messages are kept."""
    requested_at = datetime.fromtimestamp(erasure.requested_at, UTC)
    until = kept(load_topology())
    stages = [at.stage for at in shards.values()]
    return {
        "erasure": erasure.id,
        "collection": public_name(erasure.collection),
        "requested_at": requested_at.isoformat(),
        "state": _least(stages).value,
        "erased_at": _last([at.erased_at for at in shards.values()]),
        "proven": all(stage is Stage.PROVEN for stage in stages),
        "proven_at": _last([at.proven_at for at in shards.values()]),
        "shards": [
            {
                "shard": shard,
                "state": at.stage.value,
                "version": str(at.version) if at.version else None,
                "cleared_at": _moment(at.cleared_at),
                "looked_at": _moment(at.looked_at),
                "remains": dict(at.remains),
                "regions": dict(reports.get(shard, {})),
            }
            for shard, at in shards.items()
        ],
        "ids_leave_after": (requested_at + MutationsAcceptedV1.max_age).isoformat(),
        "messages_kept_until": (requested_at + until.messages).isoformat(),
        "dead_letters_kept_until": (requested_at + until.dead_letters).isoformat(),
    }


_ORDER: Final = (
    Stage.FAILED,
    Stage.REWRITING,
    Stage.AGEING,
    Stage.ERASED,
    Stage.FORGETTING,
    Stage.PROVEN,
    Stage.COLLECTION_DELETED,
)
"""What is farthest from being proven comes first."""


def _least(stages: Sequence[Stage]) -> Stage:
    return min(stages, key=_ORDER.index)


def _last(moments: Sequence[float]) -> str | None:
    """The last of these moments, once all have come."""
    return _moment(max(moments)) if all(moments) else None


def _moment(seconds: float) -> str | None:
    return datetime.fromtimestamp(seconds, UTC).isoformat() if seconds else None
