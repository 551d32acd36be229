"""The update journal: the layers of the words that updates left, for writes that come late.

One object for each revision that a commit gives to such words, named by it, so that it is found from the word
without an index. It is written before the commit; the marker of an event of that commit tells whether that came about.
Journals older than any delivery may be are garbage.
"""

import base64
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import orjson

from functions.index_update.layers import DatedPatch, Layer
from functions.index_update.record_writes import Patch
from functions.index_update.shard_key import ShardKey
from shared.commit_markers import CommitMarker
from shared.domain.paths import commit_marker, journal_object, journal_prefix
from shared.ports.objects import ObjectNotFound, ObjectStore
from shared.ports.state import StateStore


class UpdateJournal:
    """Reads and writes the journals of a shard during one attempt at a commit."""

    def __init__(
        self, state: StateStore, objects: ObjectStore, key: ShardKey, elsewhere: Sequence[ObjectStore] = ()
    ) -> None:
        """`elsewhere`: the buckets of other regions, one of which may have been the home when an update came."""
        self._state = state
        self._objects = objects
        self._elsewhere = elsewhere
        self._key = key
        self._read: dict[int, dict[str, Layer]] = {}

    def layer(self, record_id: str, revision: int) -> Layer | None:
        """The committed layer of a word; None where the word is a whole write."""
        if revision not in self._read:
            self._read[revision] = self._layers_at(revision)
        return self._read[revision].get(record_id)

    def write(self, layers: Mapping[tuple[str, int], Layer], commit_id: str, event_id: str) -> None:
        """Store layers by (id, revision); they count once a marker of `event_id` names `commit_id`."""
        by_revision: dict[int, dict[str, Layer]] = defaultdict(dict)
        for (record_id, revision), layer in layers.items():
            by_revision[revision][record_id] = layer
        for revision, of_revision in by_revision.items():
            name = journal_object(self._key.prefix, revision, commit_id)
            self._objects.put(name, encode_journal(event_id, commit_id, of_revision))

    def _layers_at(self, revision: int) -> dict[str, Layer]:
        prefix = journal_prefix(self._key.prefix, revision)
        layers: dict[str, Layer] = {}
        for objects in (self._objects, *self._elsewhere):
            for info in objects.list(prefix):
                try:
                    document = orjson.loads(objects.read(info.name))
                except ObjectNotFound:
                    continue  # collected since it was listed: older than any delivery may be
                if self._is_committed(document):
                    layers.update(decode_layers(document))
        return layers

    def _is_committed(self, document: Mapping[str, Any]) -> bool:
        marker = self._state.get(commit_marker(self._key.collection, document["event_id"]))
        return marker is not None and CommitMarker.from_document(marker.data).commit_id == document["commit_id"]


def encode_journal(event_id: str, commit_id: str, layers: Mapping[str, Layer]) -> bytes:
    """The stored form of the layers of one revision."""
    records = {
        record_id: {
            "below": layer.below,
            "is_whole": layer.is_whole,
            "updates": [_encode(dated) for dated in layer.patches],
        }
        for record_id, layer in layers.items()
    }
    return orjson.dumps({"event_id": event_id, "commit_id": commit_id, "records": records})


def journal_records(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """The records of a stored journal, by id."""
    records: Mapping[str, Any] = document["records"]
    return records


def encode_stored(document: Mapping[str, Any], record_ids: Collection[str]) -> bytes:
    """A stored journal with these of its records only."""
    return orjson.dumps({**document, "records": {name: document["records"][name] for name in record_ids}})


def decode_layers(document: Mapping[str, Any]) -> dict[str, Layer]:
    """The layers of a stored journal, by record id."""
    return {
        record_id: Layer(stored["below"], [_decode(update) for update in stored["updates"]], stored["is_whole"])
        for record_id, stored in document["records"].items()
    }


def _encode(dated: DatedPatch) -> dict[str, Any]:
    vector = dated.patch.vector
    encoded = None if vector is None else base64.b64encode(np.ascontiguousarray(vector, "<f4").tobytes()).decode()
    return {"revision": dated.revision, "attributes": dated.patch.attributes, "vector": encoded}


def _decode(update: Mapping[str, Any]) -> DatedPatch:
    text = update["vector"]
    vector = None if text is None else np.frombuffer(base64.b64decode(text), "<f4").astype(np.float32)
    return DatedPatch(update["revision"], Patch(update["attributes"], vector))
