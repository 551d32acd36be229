"""Reads of one collection."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from shared.domain.limits import MAX_QUERIES_PER_REQUEST, MAX_RECORDS_PER_REQUEST
from swell.client.aio.transport import AsyncTransport
from swell.client.aio.watching import watch
from swell.client.asking import (
    Consistency,
    Filter,
    Include,
    collection_path,
    freshness,
    given,
    is_cacheable,
    search_options,
    searched,
)
from swell.client.deadline import Deadline
from swell.client.errors import InvalidRequestError, UnreachableError
from swell.client.problem_details import error_from, shifted
from swell.client.results import FetchResult, ProgressiveAnswer, QueryResult, Record, WatchedAnswer, caveats
from swell.client.wire import encode_vector, id_list, in_chunks, many_vectors, one_vector

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


class AsyncCollectionReads:
    """What a handle on one collection can be asked."""

    def __init__(self, transport: AsyncTransport, name: str) -> None:
        self._transport = transport
        self._path = collection_path(name)
        self.name = name

    async def query(
        self,
        vector: "ArrayLike | None" = None,
        *,
        id: str | None = None,  # noqa: A002 - the API's own word
        top_k: int = 10,
        recall: float | None = None,
        filter: Filter | None = None,  # noqa: A002 - the API's own word
        include: Include = (),
        consistency: Consistency | None = None,
        max_staleness_ms: int | None = None,
        min_version: str | None = None,
        timeout_s: float | None = None,
    ) -> QueryResult:
        """The `top_k` nearest records of a vector, or of the stored record `id` (which is then not among them).

        `filter`, such as `{"eq": {"genre": "jazz"}}`, keeps to records whose declared attributes match.

        Raises:
            ValueError: both `vector` and `id` are given, or neither, or `vector` is not one row of numbers.
            NotFoundError: the collection does not exist, or holds no record `id`.
        """
        what = searched(vector, id)
        fresh = freshness(consistency, max_staleness_ms, min_version)
        options = {**search_options(top_k, recall, filter, include), **fresh}
        answer = await self._read("query", what, options, Deadline.within(timeout_s))
        return QueryResult.of(answer["matches"], answer)

    async def query_many(
        self,
        vectors: "ArrayLike",
        *,
        top_k: int = 10,
        recall: float | None = None,
        filter: Filter | None = None,  # noqa: A002 - the API's own word
        include: Include = (),
        consistency: Consistency | None = None,
        max_staleness_ms: int | None = None,
        min_version: str | None = None,
        timeout_s: float | None = None,
    ) -> list[QueryResult]:
        """One result for each row of `vectors`, in their order: faster for the server than one by one."""
        rows = many_vectors(vectors)
        fresh = freshness(consistency, max_staleness_ms, min_version)
        options = {**search_options(top_k, recall, filter, include), **fresh}
        deadline = Deadline.within(timeout_s)
        results: list[QueryResult] = []
        for part in in_chunks(len(rows), MAX_QUERIES_PER_REQUEST):
            what = {"vectors": [encode_vector(row) for row in rows[part]]}
            answer = await self._read("query", what, options, deadline, part.start)
            results += [QueryResult.of(one["matches"], answer) for one in answer["results"]]
        return results

    async def stream(
        self,
        vector: "ArrayLike | None" = None,
        *,
        id: str | None = None,  # noqa: A002 - the API's own word
        top_k: int = 10,
        recall: float | None = None,
        filter: Filter | None = None,  # noqa: A002 - the API's own word
        include: Include = (),
        consistency: Consistency | None = None,
        max_staleness_ms: int | None = None,
        min_version: str | None = None,
        timeout_s: float | None = None,
    ) -> AsyncIterator[ProgressiveAnswer]:
        """A quick answer first, then the one that was asked for, unless the quick one is as good. Asks as `query`.

        Raises:
            ValueError: as `query`.
            ApiError: the server refuses it, or could not refine the quick answer.
            UnreachableError: nobody answered, or the connection broke before all was said; nothing is tried again.
        """
        fresh = freshness(consistency, max_staleness_ms, min_version)
        body = {**searched(vector, id), **search_options(top_k, recall, filter, include), **fresh}
        events = self._transport.events(f"{self._path}/stream", body, deadline=Deadline.within(timeout_s))
        async for name, data in events:
            if name == "error":
                raise error_from(data)
            if name == "answer":
                yield ProgressiveAnswer.of(data)
            if name == "done":
                return
        raise UnreachableError("the stream ended before its last answer", sent=True)

    def watch(
        self,
        vector: "ArrayLike",
        *,
        top_k: int = 10,
        filter: Filter | None = None,  # noqa: A002 - the API's own word
        min_score: float | None = None,
        include: Sequence[Literal["attributes"]] = (),
        after: str | None = None,
    ) -> AsyncIterator[WatchedAnswer]:
        """The nearest records of a vector now, and again whenever a commit changes them, for as long as you iterate.

        A broken connection is taken up again without loss or repeat; `after` is the token of an earlier answer.

        Raises:
            ApiError: the server refuses the query.
            UnreachableError: nobody answered, the first time.
        """
        body = {
            "collection": self.name,
            "vector": encode_vector(one_vector(vector)),
            **search_options(top_k, None, filter, ()),
            **given(min_score=min_score, after=after),
            "include": list(include),
        }
        return watch(self._transport, body)

    async def fetch(
        self,
        ids: Sequence[str],
        *,
        include: Include = ("attributes", "vector"),
        consistency: Consistency | None = None,
        max_staleness_ms: int | None = None,
        min_version: str | None = None,
        timeout_s: float | None = None,
    ) -> FetchResult:
        """The stored records of these ids."""
        wanted = id_list(ids)
        options = {"include": list(include), **freshness(consistency, max_staleness_ms, min_version)}
        deadline = Deadline.within(timeout_s)
        records: list[Record] = []
        missing: list[str] = []
        version, is_partial, stale_s = "", False, list[float]()
        for part in in_chunks(len(wanted), MAX_RECORDS_PER_REQUEST):
            answer = await self._read("fetch", {"ids": wanted[part]}, options, deadline, part.start)
            records += [Record.of(record) for record in answer["records"]]
            missing += answer["missing"]
            version = answer["version"]
            partial, age_s = caveats(answer)
            is_partial = is_partial or partial
            stale_s += [] if age_s is None else [age_s]
        return FetchResult(records, missing, version, is_partial, max(stale_s, default=None))

    async def list_records(
        self,
        *,
        filter: Filter | None = None,  # noqa: A002 - the API's own word
        include: Include = ("attributes",),
        after: str | None = None,
        page_records: int = MAX_RECORDS_PER_REQUEST,
        consistency: Consistency | None = None,
        max_staleness_ms: int | None = None,
        min_version: str | None = None,
        timeout_s: float | None = None,
    ) -> AsyncIterator[Record]:
        """Every record, or every one that matches, in an order that depends on ids alone; asked for page by page.

        What is there from the first page to the last comes exactly once; what is written meanwhile may come or not.
        `after` goes on behind the id that came last, in another process too. `timeout_s` is for each page.
        """
        fresh = freshness(consistency, max_staleness_ms, min_version)
        options = {"include": list(include), "limit": page_records, **given(filter=filter), **fresh}
        while True:
            answer = await self._read("list", given(after=after), options, Deadline.within(timeout_s))
            for document in answer["records"]:
                yield Record.of(document)
            after, options["min_version"] = answer["next"], answer["version"]
            if after is None:
                return

    async def count(
        self,
        filter: Filter | None = None,  # noqa: A002 - the API's own word
        *,
        consistency: Consistency | None = None,
        max_staleness_ms: int | None = None,
        min_version: str | None = None,
        timeout_s: float | None = None,
    ) -> int:
        """How many records there are, or match."""
        options = {**given(filter=filter), **freshness(consistency, max_staleness_ms, min_version)}
        answer = await self._read("count", {}, options, Deadline.within(timeout_s))
        return int(answer["count"])

    async def _read(
        self,
        action: str,
        what: Mapping[str, Any],
        options: Mapping[str, Any],
        deadline: Deadline | None,
        start: int = 0,
    ) -> Any:
        body = {**what, **options}
        cacheable = is_cacheable(options)
        try:
            return await self._transport.read(self._path, action, body, deadline=deadline, cacheable=cacheable)
        except InvalidRequestError as error:
            raise shifted(error, start) from None
