"""Reads and writes of one collection."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal
from urllib.parse import quote
from uuid import uuid4

from numpy.typing import ArrayLike

from shared.domain.limits import MAX_QUERIES_PER_REQUEST, MAX_RECORDS_PER_REQUEST
from shared.domain.versions import VersionVector
from swell.client.errors import ClientError, InvalidRequestError
from swell.client.operation import Operation
from swell.client.problem_details import shifted
from swell.client.results import FetchResult, QueryResult, Record, WriteReceipt
from swell.client.transport import Transport
from swell.client.watching import WatchedAnswer, watch
from swell.client.wire import encode_vector, id_list, in_chunks, many_vectors, one_vector, upsert_batches

Wait = Literal["accepted", "committed"]
Include = Sequence[Literal["attributes", "vector"]]
Consistency = Literal["eventual", "bounded", "strong"]
Filter = Mapping[str, Any]


def collection_path(name: str) -> str:
    """Where a collection lives on the server."""
    return f"/v1/collections/{quote(name, safe='')}"


class Collection:
    """A handle on one collection; making it calls nobody, and does not say that the collection exists."""

    def __init__(self, transport: Transport, name: str) -> None:
        self._transport = transport
        self._path = collection_path(name)
        self.name = name

    def upsert(
        self,
        ids: Sequence[str],
        vectors: ArrayLike,
        attributes: Sequence[Mapping[str, Any] | None] | None = None,
        *,
        wait: Wait = "accepted",
        idempotency_key: str | None = None,
    ) -> WriteReceipt:
        """Insert records, or replace those of the same ids, in as many requests as it takes.

        *accepted* returns when the records are durable, *committed* when queries find them.
        Requests lost on the way are repeated without being applied twice; with an `idempotency_key` of your own
        (up to 100 bytes), so may the call be, in another process too, with the same records.

        Raises:
            ValueError: ids, vectors and attributes are not of one length.
            ClientError: `records_accepted` says how many records from the front of the list were accepted.
        """
        wanted = id_list(ids)
        rows = many_vectors(vectors, rows=len(wanted))
        if attributes is not None and len(attributes) != len(wanted):
            raise ValueError(f"attributes: got {len(attributes)}, allowed: {len(wanted)}, one for each id")
        batches = upsert_batches(wanted, rows, attributes)
        return _together([self._write("upsert", batch.body(wait), batch.start, idempotency_key) for batch in batches])

    def import_file(
        self,
        uri: str,
        *,
        format: str | None = None,  # noqa: A002 - the API's own word
        id_field: str | None = None,
        vector_field: str | None = None,
        attribute_fields: Sequence[str] | None = None,
    ) -> Operation:
        """Have the server import a file that it can read; `Swell.operations` follows it.

        Raises:
            NotFoundError: the collection or the file does not exist.
            InvalidRequestError: the server may not read it, or does not know its format.
        """
        given = {
            "format": format,
            "id_field": id_field,
            "vector_field": vector_field,
            "attribute_fields": None if attribute_fields is None else list(attribute_fields),
        }
        named = {name: value for name, value in given.items() if value is not None}
        return self._start("import", {"uri": uri, **named})

    def export_file(self, uri: str | None = None) -> Operation:
        """Have the server export the collection to Parquet; without `uri`, to where it can be downloaded from.

        Raises:
            NotFoundError: the collection does not exist.
            InvalidRequestError: the server may not write there.
            ConflictError: there is such a file.
        """
        return self._start("export", {} if uri is None else {"uri": uri})

    def _start(self, action: str, body: Mapping[str, Any]) -> Operation:
        headers = {"Idempotency-Key": uuid4().hex}
        return Operation.of(self._transport.send("POST", f"{self._path}/{action}", body, headers=headers))

    def delete(self, ids: Sequence[str], *, wait: Wait = "accepted") -> WriteReceipt:
        """Delete records; an id that does not exist is fine. `wait` and errors as for `upsert`."""
        wanted = id_list(ids)
        parts = in_chunks(len(wanted), MAX_RECORDS_PER_REQUEST)
        return _together([self._write("delete", {"ids": wanted[part], "wait": wait}, part.start) for part in parts])

    def delete_matching(self, filter: Filter, *, wait: Wait = "accepted") -> WriteReceipt:  # noqa: A002 - the API's own word
        """Delete what matches a filter when the write is committed.

        With `wait="committed"` the receipt's `deleted` says how many. Errors as for `upsert`.
        """
        return self._write("delete", {"filter": filter, "wait": wait}, 0)

    def erase(
        self,
        ids: Sequence[str] | None = None,
        *,
        filter: Filter | None = None,  # noqa: A002 - the API's own word
        wait: Wait = "accepted",
    ) -> list[str]:
        """Delete records by id or filter, and have all that is stored of them erased: the erasures to be followed.

        `Swell.erasures.get` tells how far each is; ids are sent a thousand at a time, each with an erasure of its own.

        Raises:
            ValueError: both `ids` and `filter` are given, or neither.
        """
        if (ids is None) == (filter is None):
            raise ValueError("erase: give ids or a filter, one of the two")
        if ids is None:
            bodies: list[dict[str, Any]] = [{"filter": filter}]
        else:
            wanted = id_list(ids)
            bodies = [{"ids": wanted[part]} for part in in_chunks(len(wanted), MAX_RECORDS_PER_REQUEST)]
        receipts = [self._write("delete", {**body, "wait": wait, "erase": True}, 0) for body in bodies]
        return [receipt.erasure for receipt in receipts if receipt.erasure is not None]

    def query(
        self,
        vector: ArrayLike | None = None,
        *,
        id: str | None = None,  # noqa: A002 - the API's own word
        top_k: int = 10,
        recall: float | None = None,
        filter: Filter | None = None,  # noqa: A002 - the API's own word
        include: Include = (),
        consistency: Consistency | None = None,
        max_staleness_ms: int | None = None,
        min_version: str | None = None,
    ) -> QueryResult:
        """The `top_k` nearest records of a vector, or of the stored record `id` (which is then not among them).

        `filter`, such as `{"eq": {"genre": "jazz"}}`, keeps to records whose declared attributes match.

        Raises:
            ValueError: both `vector` and `id` are given, or neither, or `vector` is not one row of numbers.
            NotFoundError: the collection does not exist, or holds no record `id`.
        """
        if (vector is None) == (id is None):
            raise ValueError("query: give a vector or an id, one of the two")
        what = {"id": id} if vector is None else {"vector": encode_vector(one_vector(vector))}
        freshness = _freshness(consistency, max_staleness_ms, min_version)
        answer = self._read("query", what, {**_search_options(top_k, recall, filter, include), **freshness})
        return QueryResult.of(answer["matches"], answer)

    def query_many(
        self,
        vectors: ArrayLike,
        *,
        top_k: int = 10,
        recall: float | None = None,
        filter: Filter | None = None,  # noqa: A002 - the API's own word
        include: Include = (),
        consistency: Consistency | None = None,
        max_staleness_ms: int | None = None,
        min_version: str | None = None,
    ) -> list[QueryResult]:
        """One result for each row of `vectors`, in their order: faster for the server than one by one."""
        rows = many_vectors(vectors)
        freshness = _freshness(consistency, max_staleness_ms, min_version)
        options = {**_search_options(top_k, recall, filter, include), **freshness}
        results: list[QueryResult] = []
        for part in in_chunks(len(rows), MAX_QUERIES_PER_REQUEST):
            answer = self._read("query", {"vectors": [encode_vector(row) for row in rows[part]]}, options, part.start)
            results += [QueryResult.of(one["matches"], answer) for one in answer["results"]]
        return results

    def watch(
        self,
        vector: ArrayLike,
        *,
        top_k: int = 10,
        filter: Filter | None = None,  # noqa: A002 - the API's own word
        min_score: float | None = None,
        include: Sequence[Literal["attributes"]] = (),
        after: str | None = None,
    ) -> Iterator[WatchedAnswer]:
        """The nearest records of a vector now, and again whenever a commit changes them, for as long as you iterate.

        A broken connection is taken up again without loss or repeat; `after` is the token of an earlier answer.

        Raises:
            ApiError: the server refuses the query.
            UnreachableError: nobody answered, the first time.
        """
        body = {
            "collection": self.name,
            "vector": encode_vector(one_vector(vector)),
            **_search_options(top_k, None, filter, ()),
            **_given(min_score=min_score, after=after),
            "include": list(include),
        }
        return watch(self._transport, body)

    def fetch(
        self,
        ids: Sequence[str],
        *,
        include: Include = ("attributes", "vector"),
        consistency: Consistency | None = None,
        max_staleness_ms: int | None = None,
        min_version: str | None = None,
    ) -> FetchResult:
        """The stored records of these ids."""
        wanted = id_list(ids)
        options = {"include": list(include), **_freshness(consistency, max_staleness_ms, min_version)}
        records: list[Record] = []
        missing: list[str] = []
        version = ""
        for part in in_chunks(len(wanted), MAX_RECORDS_PER_REQUEST):
            answer = self._read("fetch", {"ids": wanted[part]}, options, part.start)
            records += [Record.of(record) for record in answer["records"]]
            missing += answer["missing"]
            version = answer["version"]
        return FetchResult(records, missing, version)

    def _write(self, action: str, body: Mapping[str, Any] | bytes, start: int, key: str | None = None) -> WriteReceipt:
        """Send one request; the key makes its repetition harmless."""
        headers = {"Idempotency-Key": uuid4().hex if key is None else f"{key}:{start}"}
        try:
            answer = self._transport.send("POST", f"{self._path}/{action}", body, headers=headers)
        except InvalidRequestError as error:
            refused = shifted(error, start)
            refused.records_accepted = start
            raise refused from None
        except ClientError as error:
            error.records_accepted = start
            raise
        return WriteReceipt(
            answer.get("accepted", 0), answer.get("version"), answer.get("deleted"), answer.get("erasure")
        )

    def _read(self, action: str, what: Mapping[str, Any], options: Mapping[str, Any], start: int = 0) -> Any:
        try:
            return self._transport.send("POST", f"{self._path}/{action}", {**what, **options})
        except InvalidRequestError as error:
            raise shifted(error, start) from None


def _search_options(top_k: int, recall: float | None, condition: Filter | None, include: Include) -> dict[str, Any]:
    return {"top_k": top_k, "include": list(include), **_given(recall=recall, filter=condition)}


def _freshness(
    consistency: Consistency | None, max_staleness_ms: int | None, min_version: str | None
) -> dict[str, Any]:
    return _given(consistency=consistency, max_staleness_ms=max_staleness_ms, min_version=min_version)


def _given(**options: Any) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}


def _together(receipts: Sequence[WriteReceipt]) -> WriteReceipt:
    versions = [VersionVector.parse(receipt.version) for receipt in receipts if receipt.version]
    version = str(VersionVector.merged(versions)) if versions else None
    return WriteReceipt(sum(receipt.accepted for receipt in receipts), version)
