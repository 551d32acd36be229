"""Replaces one word, deletes another, puts both back, and looks each time for what must not be there."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from swell.client import Collection
from swell.demo.words import Vocabulary

REPLACED: Final = "piano"
BORROWED: Final = "football"
DELETED: Final = "guitar"
_LOOKED_AT: Final = 10


@dataclass(frozen=True)
class Check:
    """Something that must hold, whether it does, and how long write and look took together."""

    claim: str
    holds: bool
    took_ms: float


def check_changes(words: Collection, vocabulary: Vocabulary) -> Iterator[Check]:
    """Each change is committed before it is looked for, with the version that the write returned."""
    yield _replace(words, vocabulary)
    yield _delete(words, vocabulary)
    yield _put_back(words, vocabulary)


def _replace(words: Collection, vocabulary: Vocabulary) -> Check:
    started_s = time.perf_counter()
    old, new = vocabulary.vector(REPLACED), vocabulary.vector(BORROWED)
    version = words.upsert([REPLACED], new[None], wait="committed").version
    at_old_place = words.query(old, top_k=_LOOKED_AT, min_version=version).ids
    at_new_place = words.query(new, top_k=2, min_version=version).ids
    (stored,) = words.fetch([REPLACED], min_version=version).records
    holds = (
        REPLACED not in at_old_place
        and set(at_new_place) == {REPLACED, BORROWED}
        and np.array_equal(stored.vector if stored.vector is not None else [], new)
    )
    claim = f"{REPLACED!r} moves to {BORROWED!r}: found there, gone from its old place"
    return Check(claim, holds, _ms_since(started_s))


def _delete(words: Collection, vocabulary: Vocabulary) -> Check:
    started_s = time.perf_counter()
    version = words.delete([DELETED], wait="committed").version
    found = words.query(vocabulary.vector(DELETED), top_k=_LOOKED_AT, min_version=version).ids
    missing = words.fetch([DELETED], min_version=version).missing
    holds = DELETED not in found and missing == [DELETED]
    return Check(f"{DELETED!r} is deleted: no longer found, no longer fetched", holds, _ms_since(started_s))


def _put_back(words: Collection, vocabulary: Vocabulary) -> Check:
    started_s = time.perf_counter()
    places = [vocabulary.places[word] for word in (REPLACED, DELETED)]
    version = words.upsert(
        [REPLACED, DELETED],
        vocabulary.vectors[places],
        [{"rank": place + 1} for place in places],
        wait="committed",
    ).version
    results = words.query_many(vocabulary.vectors[places], top_k=1, min_version=version)
    holds = [result.ids for result in results] == [[REPLACED], [DELETED]]
    return Check("both are put back: each is the nearest to its own vector again", holds, _ms_since(started_s))


def _ms_since(started_s: float) -> float:
    return (time.perf_counter() - started_s) * 1000
