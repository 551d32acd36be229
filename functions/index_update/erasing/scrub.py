"""Removing what accepted writes left beside the segments: payloads, and journals of updates."""

from datetime import timedelta

import orjson

from functions.index_update.committed_words import committed_words
from functions.index_update.shard_key import ShardKey
from functions.index_update.update_journal import UpdateJournal, encode_stored, journal_records
from shared.domain.paths import commit_marker, journals_prefix, payloads_prefix, shard_prefix
from shared.erasures.erasure import Erasure
from shared.index.snapshot import Snapshot
from shared.ports.clock import Clock
from shared.ports.objects import GenerationMismatch, ObjectInfo, ObjectNotFound, ObjectStore
from shared.ports.state import StateStore


class ScrubWrites:
    """Counts what it has to leave: payloads of writes that are not committed."""

    def __init__(self, *, state: StateStore, objects: ObjectStore, clock: Clock, grace: timedelta) -> None:
        self._state = state
        self._objects = objects
        self._clock = clock
        self._grace = grace

    def __call__(self, erasure: Erasure, shard: int, snapshot: Snapshot) -> int:
        """Scrub up to the erasure's revision; how much is left that may hold erased records."""
        prefix = shard_prefix(erasure.collection, erasure.uid, shard)
        # A younger journal may be one of a commit that is under way, to whose records no word leads yet.
        settled = self._clock.now() - self._grace
        journals = [
            info
            for info in self._objects.list(journals_prefix(prefix))
            if _revision_of(info) <= erasure.revision and info.created_at < settled
        ]
        left = sum(not self._is_scrubbed(info, erasure, shard, snapshot) for info in journals)
        payloads = [
            info for info in self._objects.list(payloads_prefix(prefix)) if _revision_of(info) <= erasure.revision
        ]
        return left + sum(not self._is_removed(info, erasure) for info in payloads)

    def _is_removed(self, info: ObjectInfo, erasure: Erasure) -> bool:
        """A committed payload is not needed again: its event is known by its marker.

        Which records it holds is not looked at, so that nothing depends on finding them in it.
        """
        event_id = _stem(info).partition("-")[2]
        if self._state.get(commit_marker(erasure.collection, event_id)) is None:
            return False
        self._objects.delete(info.name)
        return True

    def _is_scrubbed(self, info: ObjectInfo, erasure: Erasure, shard: int, snapshot: Snapshot) -> bool:
        """Take the layers out that no word leads to any more, as those of erased records are."""
        try:
            document = orjson.loads(self._objects.read(info.name))
        except ObjectNotFound:
            return True
        records, revision = journal_records(document), _revision_of(info)
        words = committed_words(snapshot, list(records))
        layers = UpdateJournal(self._state, self._objects, ShardKey(erasure.collection, erasure.uid, shard))
        kept = [name for name in records if name in words and _leads_to(revision, layers, name, words[name].revision)]
        if len(kept) == len(records):
            return True
        try:
            if not kept:
                self._objects.delete(info.name, if_generation=info.generation)
            else:
                self._objects.put(info.name, encode_stored(document, kept), if_generation=info.generation)
        except GenerationMismatch:
            return False  # another delivery is at it, or this is our own success: the next look tells
        return True


def _leads_to(revision: int, layers: UpdateJournal, record_id: str, top: int) -> bool:
    """Whether the layers from the word at `top` down come to one at `revision`."""
    while top > revision:
        layer = layers.layer(record_id, top)
        if layer is None or layer.is_whole:
            return False
        top = layer.below
    return top == revision


def _revision_of(info: ObjectInfo) -> int:
    return int(_stem(info).partition("-")[0])


def _stem(info: ObjectInfo) -> str:
    """`{revision}-{event or commit}` of a name."""
    return info.name.rsplit("/", 1)[-1].removesuffix(".json")
