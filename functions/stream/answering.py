"""Answers of many standing queries: asked for the first time, and brought from one version to the next."""

from collections.abc import Sequence

import numpy as np

from functions.stream.changes import changes_between
from functions.stream.matching import match
from functions.stream.messages import Ask
from functions.stream.standing import Standing, StandingQuery, StandingSet
from shared.domain.collection import Collection
from shared.index.answers import Match
from shared.index.filter import parse_filter
from shared.index.merge import merge_answers
from shared.index.metric import directed
from shared.reads.snapshots import OpenCollection
from shared.vectors import decode_vectors

_SEARCHED_AT_ONCE = 100


def standing_query(ask: Ask, collection: Collection, *, recall: float, top_k: int) -> StandingQuery:
    """What a client asks, for this collection.

    Raises:
        InvalidRequest: the vector or the filter does not fit the collection.
    """
    vectors = decode_vectors([ask.vector], collection.dimension, collection.metric, field="vector")
    return StandingQuery(
        vector=directed(vectors, collection.metric)[0],
        top_k=top_k,
        recall=recall,
        condition=None if ask.filter is None else parse_filter(ask.filter, collection.attributes),
        min_score=ask.min_score,
        include_attributes="attributes" in ask.include,
    )


def search_all(opened: OpenCollection, queries: Sequence[StandingQuery]) -> list[Standing]:
    """Every query asked of a version, those alike together."""
    alike: dict[tuple[object, ...], list[int]] = {}
    for number, query in enumerate(queries):
        kind = (query.top_k, query.recall, query.condition, query.include_attributes)
        alike.setdefault(kind, []).append(number)
    found: dict[int, Standing] = {}
    for numbers in alike.values():
        for start in range(0, len(numbers), _SEARCHED_AT_ONCE):
            together = numbers[start : start + _SEARCHED_AT_ONCE]
            matches = _search(opened, [queries[number] for number in together])
            for number, each in zip(together, matches, strict=True):
                found[number] = Standing(queries[number], queries[number].trimmed(each))
    return [found[number] for number in range(len(queries))]


def _search(opened: OpenCollection, queries: Sequence[StandingQuery]) -> list[list[Match]]:
    one = queries[0]
    vectors = np.stack([query.vector for query in queries])
    parts = [
        snapshot.search(
            vectors,
            top_k=one.top_k,
            recall=one.recall,
            filter=one.condition,
            include_attributes=one.include_attributes,
        )
        for snapshot in opened.snapshots
    ]
    return merge_answers(parts, one.top_k).matches


def advance(old: OpenCollection, new: OpenCollection, entries: Sequence[Standing]) -> dict[int, Standing]:
    """The standing queries whose answer differs in the new version, by number."""
    changes = changes_between(old, new)
    if changes is None:
        fresh = search_all(new, [entry.query for entry in entries])
        return {number: after for number, after in enumerate(fresh) if after.matches != entries[number].matches}
    if not changes:
        return {}
    matched = match(changes, StandingSet(entries, new.collection.metric))
    refilled = search_all(new, [entries[number].query for number in matched.refills])
    again = dict(zip(matched.refills, refilled, strict=True))
    advanced = {number: Standing(entries[number].query, matches) for number, matches in matched.changed.items()}
    return advanced | {number: after for number, after in again.items() if after.matches != entries[number].matches}
