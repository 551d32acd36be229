"""Query over HTTP: translate requests, call the service, translate answers."""

import time
from collections.abc import Callable
from dataclasses import replace

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from functions.query.answer_cache import AnswerCache
from functions.query.reading import read_of, search_of, until_visible, wish_of
from functions.query.recall_check import CheckRecall
from functions.query.requests import CheckRecall as CheckRecallBody
from functions.query.requests import FetchRecords, QueryRecords
from functions.query.responses import describe_damages, describe_record, describe_segments, describe_state
from functions.query.searching import Searches
from shared.cache.segment_cache import SegmentCache
from shared.collections import visible_collections
from shared.domain.collection import Collection
from shared.domain.versions import VersionVector
from shared.errors import CorruptObject
from shared.http import collection_name, json_response, read_body
from shared.ports.state import StateStore
from shared.reads.heads import Freshness
from shared.reads.service import AnswerReads, Read, Search
from shared.regions.copies import Copies
from shared.request_context import context_of


class QueryRoutes:
    """The HTTP surface of query."""

    def __init__(
        self,
        state: StateStore,
        reads: AnswerReads,
        searches: Searches,
        *,
        segments: SegmentCache,
        answers: AnswerCache,
        staleness_s: float,
        copies: Callable[[Collection], Copies],
    ) -> None:
        self._state = state
        self._copies = copies
        self._reads = reads
        self._searches = searches
        self._check_recall = CheckRecall(reads)
        self._cache = segments
        self._answers = answers
        self._staleness_s = staleness_s

    def routes(self) -> list[Route]:
        """As listed for `query` in topology.yaml."""
        one = "/v1/collections/{collection}"
        return [
            Route("/v1/collections", self.list_collections, methods=["GET"]),
            Route(one, self.describe, methods=["GET"]),
            Route(f"{one}/query", self.query, methods=["POST"]),
            Route(f"{one}/fetch", self.fetch, methods=["POST"]),
            Route(f"{one}/recall", self.recall, methods=["POST"]),
        ]

    async def list_collections(self, request: Request) -> Response:
        """Every declared collection that the caller may see."""
        caller = context_of(request.scope).caller
        collections = await run_in_threadpool(lambda: list(visible_collections(self._state, caller)))
        return json_response(
            {
                "collections": [collection.to_answer() for collection in collections],
                "serving_mode": context_of(request.scope).mode.label,
            }
        )

    async def describe(self, request: Request) -> Response:
        """One collection: declaration, size, segments with calibration, regions, and what this instance holds."""
        read = Read(collection_name(request), Freshness(0.0, VersionVector({})))
        try:
            opened = await run_in_threadpool(self._reads.open, read)
        except CorruptObject:  # whoever looks after it sees what stands in
            read = replace(read, freshness=replace(read.freshness, may_be_stale=True))
            opened = await run_in_threadpool(self._reads.open, read)
        copies = await run_in_threadpool(self._copies, opened.collection)
        return json_response(
            {
                **opened.collection.to_answer(),
                "records": sum(snapshot.live_rows for snapshot in opened.snapshots),
                "version": str(opened.version),
                **copies.to_answer(),
                "segments": describe_segments(opened),
                "cache": self._cache.stats(),
                "answer_cache": self._answers.stats(),
                "serving_mode": context_of(request.scope).mode.label,
                **describe_damages(opened),
            }
        )

    async def query(self, request: Request) -> Response:
        """Search."""
        started, fetched_bytes = time.perf_counter(), self._cache.fetched_bytes
        body = await read_body(request, QueryRecords)
        context = context_of(request.scope)
        wish = wish_of(request, body, self._staleness_s, body.recall, body.top_k)
        read, search = read_of(request, body, wish), search_of(body, wish)
        found = await self._searches.answer(read, search, context, body.timeout_ms)
        context.notes["cache"] = found.source
        results = [{"matches": orjson.Fragment(matches)} for matches in found.kept.matches]
        return json_response(
            {
                **({"results": results} if body.vectors is not None else results[0]),
                "version": found.version,
                "method": found.kept.method,
                "recall_target": search.recall,
                **({"top_k": search.top_k} if search.top_k < body.top_k else {}),
                "serving_mode": context.mode.label,
                "cache": found.source,
                "fetched_bytes": self._cache.fetched_bytes - fetched_bytes,
                **(describe_damages(found.opened) if found.opened else {}),
                "took_ms": round((time.perf_counter() - started) * 1000, 3),
            }
        )

    async def fetch(self, request: Request) -> Response:
        """Records by id; ids that do not exist are listed as missing."""
        body = await read_body(request, FetchRecords)
        read = read_of(request, body, wish_of(request, body, self._staleness_s))
        context = context_of(request.scope)
        deadline = context.deadline(body.timeout_ms)
        records, opened = await until_visible(lambda: self._reads.fetch(read, body.ids), context, deadline)
        return json_response(
            {
                "records": [describe_record(record, read) for record in records if record is not None],
                "missing": [record_id for record_id, record in zip(body.ids, records, strict=True) if record is None],
                **describe_state(opened, context),
            }
        )

    async def recall(self, request: Request) -> Response:
        """Live recall."""
        body = await read_body(request, CheckRecallBody)
        wish = wish_of(request, body, self._staleness_s, body.recall, body.top_k)
        read = read_of(request, body, wish)
        search = Search(body.vectors or [], None, wish.top_k, wish.recall, body.filter)
        context = context_of(request.scope)
        deadline = context.deadline(body.timeout_ms)
        report = await until_visible(
            lambda: self._check_recall(read, search, body.sample, body.seed, deadline.check), context, deadline
        )
        return json_response(vars(report))
