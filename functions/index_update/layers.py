"""Layers: which updates a record consists of, above its last whole write.

A row alone does not tell an upsert from an update, yet a late write must know: an update that was accepted after it
changes parts of what it says, an upsert replaces it. So every word that an update left has a layer.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from functions.index_update.record_writes import Patch


@dataclass(frozen=True)
class DatedPatch:
    """An update and its revision."""

    revision: int
    patch: Patch


@dataclass(frozen=True)
class Layer:
    """Updates, oldest first, laid over the word with revision `below` (0: over nothing).

    With `is_whole` they are laid over a whole write that was accepted with revision `below`, which the word itself
    holds: it came late, and its word got a higher revision.
    """

    below: int
    patches: Sequence[DatedPatch]
    is_whole: bool = False


LayerOf = Callable[[str, int], Layer | None]
"""The layer of the word on an id with a revision; None where that word is a whole write of that revision."""


def layers_above(layer_of: LayerOf, record_id: str, top: int, revision: int) -> Layer | None:
    """All updates of a record above the first word that is not newer than `revision`, beginning at the word `top`.

    None where a whole write newer than `revision` comes first: it has replaced everything older.
    """
    patches: list[DatedPatch] = []
    layer = Layer(top, ())
    while layer.below > revision:
        found = None if layer.is_whole else layer_of(record_id, layer.below)
        if found is None:
            return None
        layer = found
        patches += layer.patches
    return Layer(layer.below, sorted(patches, key=lambda dated: dated.revision), layer.is_whole)
