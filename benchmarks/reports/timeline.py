"""The timeline of a run, as long as people read."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np

from benchmarks.rehearsal.result import Entry

FREQUENT: Final = ("routing", "scaling")
_NAMED: Final = 3
_OF_REGIONS: Final = (*FREQUENT, "alert", "forecast")


def shortened(timeline: Sequence[Entry], most: int) -> list[Entry]:
    """The timeline; what is told of several regions at one time is one entry, and what is frequent gives way."""
    at_once: dict[tuple[str, float], list[Entry]] = defaultdict(list)
    for entry in timeline:
        if entry.kind in _OF_REGIONS:
            at_once[entry.kind, entry.at_s].append(entry)
    shown = [entry for entry in timeline if entry.kind not in _OF_REGIONS]
    shown += [_together(entries) for entries in at_once.values()]
    rare = list(_thinned([entry for entry in shown if entry.kind not in FREQUENT], most))
    share = (most - len(rare)) // len(FREQUENT)
    frequent = [one for kind in FREQUENT for one in _thinned([e for e in shown if e.kind == kind], share)]
    return sorted([*rare, *frequent], key=lambda entry: entry.at_s)


def _together(entries: Sequence[Entry]) -> Entry:
    first = entries[0]
    if len(entries) == 1:
        return first
    more = f" and {len(entries) - _NAMED} more regions" if len(entries) > _NAMED else ""
    regions, _, what = zip(*(entry.text.partition(": ") for entry in entries), strict=True)
    if what[0] and len(set(what)) == 1:
        return Entry(first.at_s, first.kind, f"{', '.join(regions[:_NAMED])}{more}: {what[0]}")
    texts = "; ".join(entry.text for entry in entries[:_NAMED])
    return Entry(first.at_s, first.kind, f"{texts};{more}" if more else texts)


def _thinned(entries: Sequence[Entry], room: int) -> Iterable[Entry]:
    """So many of them, evenly."""
    if len(entries) <= room:
        return entries
    return [entries[place] for place in np.linspace(0, len(entries) - 1, room).astype(int)] if room else []
