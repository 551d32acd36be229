"""Which rows and tombstones of each segment are the newest word on their id.

Of all entries (rows and tombstones) of one id the highest revision wins, the later segment on a tie.
A mask holds, per slot of a segment, whether that entry wins; a row is live when its entry wins.
Whether an entry wins is decided pair by pair, so masks only lose bits as segments are added,
and those of a previous version can be carried over.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from shared.index.segment import Segment


def winning_masks(segments: Sequence[Segment], known: Mapping[str, NDArray[np.bool_]]) -> list[NDArray[np.bool_]]:
    """One mask per segment, bool (slots,), read-only.

    `known` maps segment ids to masks from an earlier version, whose segments are all still there
    or have been merged into segments that are; pairs of known segments are not compared again.
    """
    masks = [known.get(segment.entry.id) for segment in segments]
    fresh = [mask is None for mask in masks]
    result = [
        np.ones(len(segment.ids), np.bool_) if mask is None else mask
        for segment, mask in zip(segments, masks, strict=True)
    ]
    for later in range(1, len(segments)):
        for earlier in range(later):
            if fresh[later] or fresh[earlier]:
                _settle(segments, result, earlier, later)
    for mask in result:
        mask.setflags(write=False)
    return result


def _settle(segments: Sequence[Segment], masks: list[NDArray[np.bool_]], earlier: int, later: int) -> None:
    old, new = segments[earlier].ids, segments[later].ids
    # The larger table is searched for the ids of the smaller one.
    if len(old) >= len(new):
        old_slots, new_slots = old.find(new)
    else:
        new_slots, old_slots = new.find(old)
    old_wins = old.revisions[old_slots] > new.revisions[new_slots]
    masks[earlier] = _without(masks[earlier], old_slots[~old_wins])
    masks[later] = _without(masks[later], new_slots[old_wins])


def _without(mask: NDArray[np.bool_], slots: NDArray[np.int64]) -> NDArray[np.bool_]:
    if not slots.size:
        return mask
    # A mask of a previous version is shared and read-only: it is copied once, when it first changes.
    changed = mask if mask.flags.writeable else mask.copy()
    changed[slots] = False
    return changed
