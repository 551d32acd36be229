"""A search from its request to its answer: caches first, then one engine call with whoever else is there."""

import asyncio
from dataclasses import dataclass
from typing import Literal

import orjson
from starlette.concurrency import run_in_threadpool

from functions.query.answer_cache import AnswerCache, KeptAnswer, answer_key
from functions.query.batching import ON_LOOP_S, Batcher
from functions.query.opening import Openings
from functions.query.reading import until_visible
from functions.query.responses import describe_match
from shared.index.answers import Answer
from shared.reads.service import AnswerReads, Question, Read, Search, decoded
from shared.reads.snapshots import OpenCollection
from shared.request_context import RequestContext
from shared.serving.deadline import Deadline

Source = Literal["answer", "shared", "hot", "warm"]
"""Where an answer came from: kept here (L4), in Redis (L3); searched in memory at once, or after asking a store."""


@dataclass(frozen=True)
class Answered:
    """An answer with its matches as JSON. `opened` is what was searched; None where nothing had to be opened."""

    kept: KeptAnswer
    uid: str
    version: str
    source: Source
    opened: OpenCollection | None


class Searches:
    """The way of every search in this instance. For the event loop."""

    def __init__(self, reads: AnswerReads, batcher: Batcher, cache: AnswerCache) -> None:
        self._reads = reads
        self._batcher = batcher
        self._cache = cache
        self._openings = Openings(reads)

    async def answer(self, read: Read, search: Search, context: RequestContext, timeout_ms: int) -> Answered:
        """Answer a search.

        Raises:
            DeadlineExceeded: `timeout_ms` after its arrival, nobody waits any more.
            As `AnswerReads.search`.
        """
        deadline = context.deadline(timeout_ms)
        deadline.check()
        opened = self._reads.warm(read)
        source: Source = "hot" if opened is not None else "warm"
        if opened is None:
            found = await self._shared_before_opening(read, search, context, deadline)
            if found is not None:
                return found
            opened = await self._openings.open(read, context, deadline)
        else:
            self._openings.open_ahead(read)
        question = await self._question(read, search, opened)
        is_whole = self._cache.keeps and opened.is_whole and not opened.is_early
        key = _key(question) if is_whole else None
        kept = None if key is None else self._cache.get(key)
        if kept is not None:
            return Answered(kept, opened.collection.uid, str(opened.version), "answer", opened)
        is_costly = source == "warm" or self._batcher.expected_s(question) > ON_LOOP_S
        if key is not None and is_costly and source == "hot" and self._cache.is_shared:
            kept = await run_in_threadpool(self._cache.get_shared, key)
            if kept is not None:
                return Answered(kept, opened.collection.uid, str(opened.version), "shared", opened)
        kept = _kept(question.concluded(await self._batcher.search(question, deadline, context.priority)))
        if key is not None:
            self._keep(key, kept, for_all=is_costly)
        return Answered(kept, opened.collection.uid, str(opened.version), source, opened)

    async def _question(self, read: Read, search: Search, opened: OpenCollection) -> Question:
        if opened.is_early and search.near_id is not None:  # the record may still be in the object store
            return await run_in_threadpool(self._reads.question, read, search, opened)
        return self._reads.question(read, search, opened)

    async def _shared_before_opening(
        self, read: Read, search: Search, context: RequestContext, deadline: Deadline
    ) -> Answered | None:
        """An answer that another instance has found: this one need not fetch a segment for it."""
        if not self._cache.is_shared:
            return None

        def look() -> Answered | None:
            seen = self._reads.seen(read)
            queries = None if search.near_id is not None else decoded(seen.collection, search)
            kept = self._cache.get_shared(answer_key(seen.collection, seen.version, read, search, queries))
            return None if kept is None else Answered(kept, seen.collection.uid, str(seen.version), "shared", None)

        return await until_visible(look, context, deadline)

    def _keep(self, key: bytes, kept: KeptAnswer, *, for_all: bool) -> None:
        self._cache.put(key, kept)
        if for_all and self._cache.is_shared:
            _loop().run_in_executor(None, self._cache.put_shared, key, kept)


def _loop() -> asyncio.AbstractEventLoop:
    return asyncio.get_running_loop()


def _key(question: Question) -> bytes:
    opened, search = question.opened, question.search
    queries = None if search.near_id is not None else question.queries
    return answer_key(opened.collection, opened.version, question.read, search, queries)


def _kept(answer: Answer) -> KeptAnswer:
    matches = tuple(orjson.dumps([describe_match(match) for match in found]) for found in answer.matches)
    return KeptAnswer(matches, answer.method)
