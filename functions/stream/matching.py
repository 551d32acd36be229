"""Matches what a commit changed against all standing queries of its collection: one matrix product a block of rows.

Ranks in float32 say which rows can reach which answers; these few are then scored exactly, as a search would.
An answer that lost a record, and whose place no new row takes for certain, must be searched again.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from functions.stream.changes import Change
from functions.stream.standing import Standing, StandingSet
from shared.index.answers import Match
from shared.index.filter import Filter
from shared.index.filter_mask import filter_mask
from shared.index.metric import exact_scores
from shared.index.scan import rank_error, rank_rows
from shared.index.topk import best_of

_BLOCK_RANKS: Final = 1 << 24  # 64 MB of float32


@dataclass(frozen=True)
class Matched:
    """By the numbers of queries: new answers of those whose answer changed, and those that must search again."""

    changed: dict[int, tuple[Match, ...]]
    refills: list[int]


def match(changes: Sequence[Change], standing: StandingSet) -> Matched:
    """What the changes do to the answers."""
    lost = _lost(changes, standing)
    entrants: dict[int, list[Match]] = {}
    for change in changes:
        for number, found in _entrants(change, standing):
            entrants.setdefault(number, []).extend(found)
    changed: dict[int, tuple[Match, ...]] = {}
    refills: list[int] = []
    for number in sorted(lost.keys() | entrants.keys()):
        entry = standing.entries[number]
        answer = _answer(entry, lost.get(number, set()), entrants.get(number, []))
        if answer is None:
            refills.append(number)
        elif answer != entry.matches:
            changed[number] = answer
    return Matched(changed, refills)


def _lost(changes: Sequence[Change], standing: StandingSet) -> dict[int, set[str]]:
    """Ids in answers whose record has been replaced or deleted."""
    lost: dict[int, set[str]] = {}
    for record_id in {record_id for change in changes for record_id in change.ids & standing.holders.keys()}:
        for number in standing.holders[record_id]:
            lost.setdefault(number, set()).add(record_id)
    return lost


def _answer(entry: Standing, lost: set[str], entrants: Sequence[Match]) -> tuple[Match, ...] | None:
    """The new answer, None where it cannot be known: records that stood behind the last one may move up."""
    kept = [match for match in entry.matches if match.id not in lost]
    if entry.is_full:  # all that did not change and is not in the answer stands behind its last record
        last = _order(entry.matches[-1])
        entrants = [match for match in entrants if _order(match) <= last]
        if len(kept) + len(entrants) < entry.query.top_k:
            return None
    return tuple(sorted([*kept, *entrants], key=_order)[: entry.query.top_k])


def _order(match: Match) -> tuple[float, str]:
    return -match.score, match.id


def _entrants(change: Change, standing: StandingSet) -> Iterator[tuple[int, list[Match]]]:
    """For each query that a new row may reach, the rows of the segment that score at least its bound."""
    segment = change.segment
    errors = np.array([rank_error(segment, norm) for norm in np.unique(standing.norms).tolist()])
    slack = 2 * errors[np.unique(standing.norms, return_inverse=True)[1]]
    floors = np.nextafter(np.asarray(standing.floors - slack, np.float32), np.float32(-np.inf))
    masks: dict[Filter, NDArray[np.bool_]] = {}
    rows_at_once = max(1, _BLOCK_RANKS // len(standing.entries))
    for start in range(0, change.live.count, rows_at_once):
        rows = change.live.members[start : start + rows_at_once]
        ranks, vectors = rank_rows(segment, rows, standing.queries)
        reaching = ranks >= floors[:, None]
        for number in np.flatnonzero(reaching.any(axis=1)).tolist():
            query = standing.entries[number].query
            allowed = reaching[number]
            if query.condition is not None:
                if query.condition not in masks:
                    masks[query.condition] = filter_mask(query.condition, segment.columns)
                allowed = allowed & masks[query.condition][rows]
            places = np.flatnonzero(allowed)
            places = places[best_of(ranks[number, places], query.top_k, float(slack[number]))]
            found = _scored(change, standing, number, rows[places], vectors[places])
            if found:
                yield number, found


def _scored(
    change: Change, standing: StandingSet, number: int, rows: NDArray[np.int64], vectors: NDArray[np.float32]
) -> list[Match]:
    entry, segment = standing.entries[number], change.segment
    scores = exact_scores(vectors, entry.query.vector, standing.metric)
    chosen = np.flatnonzero(scores >= entry.bound)
    names = segment.ids.ids_at(rows[chosen])
    return [
        Match(
            name,
            float(scores[place]),
            segment.attributes.shown(int(rows[place])) if entry.query.include_attributes else None,
        )
        for place, name in zip(chosen.tolist(), names, strict=True)
    ]
