"""Query over HTTP: translate requests, call the service, translate answers."""

import time
from collections.abc import Callable
from typing import Any, TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_delay, wait_exponential

from functions.query.requests import FetchRecords, QueryRecords, ReadOptions
from functions.query.service import AnswerReads, Read, Search
from shared.domain.collection import Collection
from shared.domain.versions import VersionVector
from shared.errors import VersionNotVisible
from shared.http import collection_name, json_response, read_body
from shared.index.answers import Match, Record
from shared.ports.state import StateStore

T = TypeVar("T")


class QueryRoutes:
    """The HTTP surface of query."""

    def __init__(self, state: StateStore, reads: AnswerReads) -> None:
        self._state = state
        self._reads = reads

    def routes(self) -> list[Route]:
        """As listed for `query` in topology.yaml."""
        one = "/v1/collections/{collection}"
        return [
            Route("/v1/collections", self.list_collections, methods=["GET"]),
            Route(one, self.describe, methods=["GET"]),
            Route(f"{one}/query", self.query, methods=["POST"]),
            Route(f"{one}/fetch", self.fetch, methods=["POST"]),
        ]

    async def list_collections(self, _: Request) -> Response:
        """Every declared collection."""
        documents = await run_in_threadpool(self._state.list, "collections")
        return json_response({"collections": [Collection.from_document(one.data).to_document() for one in documents]})

    async def describe(self, request: Request) -> Response:
        """One collection: its declaration, size and segments."""
        read = Read(
            collection_name(request),
            VersionVector({}),
            strong=True,
            include_attributes=False,
            include_vectors=False,
        )
        opened, rows = await run_in_threadpool(self._reads.count, read)
        segments = [
            {
                "shard": shard,
                "kind": segment.kind.value,
                "rows": segment.rows,
                "size_bytes": segment.size_bytes,
            }
            for shard, snapshot in enumerate(opened.snapshots)
            for segment in snapshot.manifest.segments
        ]
        return json_response(
            {
                **opened.collection.to_document(),
                "records": rows,
                "version": str(opened.version),
                "segments": segments,
            }
        )

    async def query(self, request: Request) -> Response:
        """Search."""
        started = time.perf_counter()
        body = await read_body(request, QueryRecords)
        read, search = _read(request, body), _search(body)
        inline = body.vectors is None and self._reads.is_warm(read)
        found = await _until_visible(lambda: self._reads.search(read, search), body.timeout_ms, inline=inline)
        results = [{"matches": [_match(match) for match in matches]} for matches in found.answer.matches]
        return json_response(
            {
                **({"results": results} if body.vectors is not None else results[0]),
                "version": str(found.version),
                "method": found.answer.method,
                "recall_target": body.recall,
                "took_ms": round((time.perf_counter() - started) * 1000, 3),
            }
        )

    async def fetch(self, request: Request) -> Response:
        """Records by id; ids that do not exist are listed as missing."""
        body = await read_body(request, FetchRecords)
        read = _read(request, body)
        records, version = await _until_visible(lambda: self._reads.fetch(read, body.ids), body.timeout_ms)
        return json_response(
            {
                "records": [_record(record, read) for record in records if record is not None],
                "missing": [record_id for record_id, record in zip(body.ids, records, strict=True) if record is None],
                "version": str(version),
            }
        )


async def _until_visible(attempt: Callable[[], T], timeout_ms: int, *, inline: bool = False) -> T:
    """Repeat a read whose version is still on its way: the write that made it may be committing just now.

    `inline` runs the first attempt on the event loop: right for work that is shorter than a change of threads costs.
    """
    try:
        return attempt() if inline else await run_in_threadpool(attempt)
    except VersionNotVisible:
        return await _retry_until_visible(attempt, timeout_ms)


async def _retry_until_visible(attempt: Callable[[], T], timeout_ms: int) -> T:
    retrying = AsyncRetrying(
        retry=retry_if_exception_type(VersionNotVisible),
        stop=stop_after_delay(timeout_ms / 1000),
        wait=wait_exponential(multiplier=0.005, max=0.1),
        reraise=True,
    )
    return await retrying(run_in_threadpool, attempt)


def _read(request: Request, options: ReadOptions) -> Read:
    return Read(
        collection=collection_name(request),
        least_version=options.least_version(),
        strong=options.consistency == "strong",
        include_attributes="attributes" in options.include,
        include_vectors="vector" in options.include,
    )


def _search(body: QueryRecords) -> Search:
    single = [body.vector] if body.vector is not None else []
    return Search(
        vectors=body.vectors if body.vectors is not None else single,
        near_id=body.id,
        top_k=body.top_k,
        recall=body.recall,
        field="vectors[{}]" if body.vectors is not None else "vector",
    )


def _match(match: Match) -> dict[str, Any]:
    answer: dict[str, Any] = {"id": match.id, "score": match.score}
    if match.attributes is not None:
        answer["attributes"] = match.attributes
    if match.vector is not None:
        answer["vector"] = match.vector.tolist()
    return answer


def _record(record: Record, read: Read) -> dict[str, Any]:
    answer: dict[str, Any] = {"id": record.id}
    if read.include_attributes:
        answer["attributes"] = record.attributes
    if read.include_vectors:
        answer["vector"] = record.vector.tolist()
    return answer
