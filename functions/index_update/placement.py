"""Placing writes among what is committed: conditions, updates, and writes that come late.

The result is that of the writes in the order of their revisions, whatever order they are delivered in: a late write
slips in below the updates that were accepted after it. Only conditions look at what is committed, as they must.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from functions.index_update.layers import DatedPatch, Layer, LayerOf, layers_above
from functions.index_update.record_writes import Patch, RecordWrite
from functions.index_update.words import NOTHING, Word, word_of
from shared.index.attributes import patched_attributes

IF_ABSENT: Final = "absent"
"""The condition that a record does not exist."""


class Verdict(StrEnum):
    """What became of a write."""

    APPLIED = "applied"
    SUPERSEDED = "superseded"
    """A later write has replaced the record; this one leaves no trace."""
    CONFLICT = "conflict"
    """The record is not at the version that the write names; nothing was changed."""
    MISSING = "missing"
    """There is no record to update. The update is kept for an upsert that was accepted before it and is late."""


class Placement:
    """The words of a shard as writes are placed one after another."""

    def __init__(self, words: Mapping[str, Word], layer_of: LayerOf) -> None:
        self._words = words
        self._layer_of = layer_of
        self.changed: dict[str, Word] = {}
        self.layers: dict[tuple[str, int], Layer] = {}

    def place(self, write: RecordWrite) -> Verdict:
        """Apply one write to what is committed and was placed before."""
        word = self.changed.get(write.id) or self._words.get(write.id, NOTHING)
        if write.if_version is not None and not _holds(write.if_version, word):
            return Verdict.CONFLICT
        if write.if_version is not None or write.revision >= word.revision:
            return self._on_top(write, word)
        return self._below(write, word)

    def _on_top(self, write: RecordWrite, word: Word) -> Verdict:
        # No two words of one id have one revision, so each has one layer.
        revision = max(write.revision, word.revision + 1)
        # A condition that holds puts the write after what it was compared with, however the clocks stand.
        order = write.revision if write.if_version is None else revision
        if isinstance(write.change, Patch):
            self.changed[write.id] = _patched(revision, word, write.change)
            self.layers[write.id, revision] = Layer(word.revision, [DatedPatch(order, write.change)])
            return Verdict.APPLIED if word.live else Verdict.MISSING
        self.changed[write.id] = word_of(revision, write.change)
        if revision != order:
            self.layers[write.id, revision] = Layer(order, [], is_whole=True)
        return Verdict.APPLIED

    def _below(self, write: RecordWrite, word: Word) -> Verdict:
        above = layers_above(self._layer, write.id, word.revision, write.revision)
        if isinstance(write.change, Patch):
            return self._patch_below(write, write.change, word, above)
        if above is None:
            return Verdict.SUPERSEDED
        later = [dated for dated in above.patches if dated.revision > write.revision]
        revision = word.revision + 1
        placed = word_of(revision, write.change)
        for dated in later:
            placed = _patched(revision, placed, dated.patch)
        self.changed[write.id] = placed
        self.layers[write.id, revision] = Layer(write.revision, later, is_whole=True)
        return Verdict.APPLIED

    def _patch_below(self, write: RecordWrite, patch: Patch, word: Word, above: Layer | None) -> Verdict:
        verdict = Verdict.APPLIED if word.live else Verdict.MISSING
        if above is None:
            return Verdict.SUPERSEDED if word.live else verdict
        revision = word.revision + 1
        visible = _without_overridden(patch, [d.patch for d in above.patches if d.revision > write.revision])
        self.changed[write.id] = _patched(revision, word, visible)
        patches = sorted([*above.patches, DatedPatch(write.revision, patch)], key=lambda dated: dated.revision)
        self.layers[write.id, revision] = Layer(above.below, patches, above.is_whole)
        return verdict

    def _layer(self, record_id: str, revision: int) -> Layer | None:
        return self.layers.get((record_id, revision)) or self._layer_of(record_id, revision)


def _holds(if_version: str, word: Word) -> bool:
    if if_version == IF_ABSENT:
        return not word.live
    return word.live and if_version == str(word.revision)


def _patched(revision: int, word: Word, patch: Patch) -> Word:
    if not word.live:
        return Word(revision, live=False)
    vector = word.vector if patch.vector is None else patch.vector
    return Word(revision, live=True, vector=vector, attributes=patched_attributes(word.attributes, patch.attributes))


def _without_overridden(patch: Patch, later: list[Patch]) -> Patch:
    """What of an update still shows under later ones."""
    named = {name for each in later for name in each.attributes}
    attributes = {name: value for name, value in patch.attributes.items() if name not in named}
    return Patch(attributes, None if any(each.vector is not None for each in later) else patch.vector)
