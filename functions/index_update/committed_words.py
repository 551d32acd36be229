"""What a committed version says of ids."""

from collections.abc import Collection, Sequence

import numpy as np

from functions.index_update.words import Word
from shared.index.filter import Filter
from shared.index.filter_mask import filter_mask
from shared.index.ids import table_of
from shared.index.snapshot import Snapshot


def committed_words(snapshot: Snapshot, ids: Collection[str], with_content: Collection[str] = ()) -> dict[str, Word]:
    """The word on each id that has one; with vector and attributes where the record lives and they are asked for."""
    unique = list(dict.fromkeys(ids))
    wanted = table_of(unique)
    words: dict[str, Word] = {}
    for segment, winners in zip(snapshot.segments, snapshot.winners, strict=True):
        slots, places = segment.ids.find(wanted)
        for slot, place in zip(slots[winners[slots]].tolist(), places[winners[slots]].tolist(), strict=True):
            words[unique[place]] = Word(int(segment.ids.revisions[slot]), live=slot < segment.rows)
    for record in snapshot.fetch(list(dict.fromkeys(with_content))):
        if record is not None:
            vector = np.asarray(record.vector, np.float32)
            words[record.id] = Word(record.revision, live=True, vector=vector, attributes=record.attributes)
    return words


def matching_ids(snapshot: Snapshot, condition: Filter, up_to_revision: int) -> Sequence[str]:
    """The live records that match, those newer than `up_to_revision` left out."""
    found: list[str] = []
    for segment, live in zip(snapshot.segments, snapshot.live, strict=True):
        chosen = live.mask & filter_mask(condition, segment.columns)
        chosen &= segment.ids.revisions[: segment.rows] <= up_to_revision
        found += segment.ids.ids_at(np.flatnonzero(chosen))
    return found
