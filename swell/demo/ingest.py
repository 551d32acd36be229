"""Puts the words in, and watches them become searchable."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from shared.domain.limits import MAX_RECORDS_PER_REQUEST
from shared.errors import SwellError
from shared.index.compaction import CompactionPolicy
from swell.client import CollectionDescription, Swell
from swell.demo.words import DIMENSION, Vocabulary
from swell.local.running import RunningSwell

COLLECTION: Final = "words"
FOREST_FROM_ROWS: Final = CompactionPolicy().base_from_rows
"""Fewer rows than this are scanned faster than a forest is walked, and stay in deltas."""
_WAIT_S: Final = 180.0
_LOOK_EVERY_S: Final = 0.1
_SETTLED_AFTER_S: Final = 1.0


class TooSlow(SwellError):  # noqa: N818 - named for what happened
    """The words did not become searchable in time."""

    code = "too_slow"


@dataclass(frozen=True)
class Ingested:
    """Seconds are counted from the first write.

    *accepted*: all words durable. *searchable*: all committed and found by queries. *indexed*: compaction is
    through, and the words stand in forests but for a rest that is too small for one.
    """

    accepted_s: float
    searchable_s: float
    indexed_s: float
    collection: CollectionDescription


def upload(client: Swell, vocabulary: Vocabulary) -> Iterator[int]:
    """Write all words, in order of frequency; yields after each request how many words are durable."""
    client.collections.create(COLLECTION, dimension=DIMENSION, metric="cosine", attributes={"rank": "integer"})
    words = client.collection(COLLECTION)
    for start in range(0, len(vocabulary.words), MAX_RECORDS_PER_REQUEST):
        end = min(start + MAX_RECORDS_PER_REQUEST, len(vocabulary.words))
        words.upsert(
            ids=vocabulary.words[start:end],
            vectors=vocabulary.vectors[start:end],
            attributes=[{"rank": rank} for rank in range(start + 1, end + 1)],
        )
        yield end


def await_searchable(
    client: Swell, count: int, started_s: float, on_look: Callable[[CollectionDescription], None]
) -> float:
    """Seconds from `started_s` (monotonic) until queries find all words.

    Raises:
        TooSlow: they do not within the time that this is worth.
    """
    while True:
        seen = client.collections.get(COLLECTION)
        on_look(seen)
        if seen.records == count:
            return time.monotonic() - started_s
        _check_time(started_s, f"{seen.records:,} of {count:,} words are searchable")
        time.sleep(_LOOK_EVERY_S)


def await_indexed(
    client: Swell,
    running: RunningSwell,
    started_s: float,
    on_look: Callable[[CollectionDescription], None],
) -> tuple[float, CollectionDescription]:
    """Seconds from `started_s` until compaction had its last say, and what the collection then looks like.

    Returns a moment after that: when no segment has changed and no event has been delivered for a while.

    Raises:
        TooSlow: it does not settle within the time that this is worth.
    """
    last: tuple[str, int] | None = None
    changed_s = version_s = time.monotonic()
    while True:
        now_s = time.monotonic()
        seen = client.collections.get(COLLECTION)
        on_look(seen)
        state = (seen.version, sum(delivery.count for delivery in running.deliveries()))
        if state != last:
            changed_s = now_s
            version_s = now_s if last is None or seen.version != last[0] else version_s
            last = state
        elif _has_its_forests(seen) and now_s - changed_s >= _SETTLED_AFTER_S:
            return version_s - started_s, seen
        _check_time(started_s, f"{seen.rows('delta'):,} words still wait for their forest")
        time.sleep(_LOOK_EVERY_S)


def _has_its_forests(seen: CollectionDescription) -> bool:
    return seen.rows("delta") < FOREST_FROM_ROWS


def _check_time(started_s: float, state: str) -> None:
    waited_s = time.monotonic() - started_s
    if waited_s > _WAIT_S:
        raise TooSlow(f"after {waited_s:.0f} s only this much is done: {state}; the functions' logs say more")
