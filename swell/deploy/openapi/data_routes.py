"""The routes of those who store and search: ingest, query, stream."""

from http import HTTPStatus
from typing import Final

from functions.ingest.requests import DeclareCollection, DeleteRecords, UpdateRecords, UpsertRecords
from functions.ingest.transfer_requests import ExportFile, ImportFile
from functions.query.requests import CheckRecall, CountRecords, FetchRecords, FindNeighbors, ListRecords, QueryRecords
from functions.stream.messages import Ask
from shared.domain.limits import MAX_IDEMPOTENCY_KEY_BYTES
from swell.deploy.openapi import answers
from swell.deploy.openapi.route_doc import (
    ANYTHING,
    BYTES,
    EVENT_STREAM,
    NO_CONTENT,
    PARQUET,
    Answer,
    RouteDoc,
    header,
)

_ONE: Final = "/v1/collections/{collection}"
_OPERATION: Final = "/v1/operations/{operation}"
_ONCE: Final = (
    header(
        "Idempotency-Key",
        "Sent again with the same body, it is the same write.",
        minLength=1,
        maxLength=MAX_IDEMPOTENCY_KEY_BYTES,
        pattern="^[!-~]+$",
    ),
)
_WRITTEN: Final = (
    Answer(answers.COMMITTED, text='Committed (`wait: "committed"`)'),
    Answer(answers.ACCEPTED, status=HTTPStatus.ACCEPTED, text='Durable, and not yet committed (`wait: "accepted"`)'),
)
_STARTED: Final = (Answer(answers.OPERATION, status=HTTPStatus.ACCEPTED),)
_EVENTS: Final = (
    Answer({"description": "Server-Sent Events; docs/api.md and docs/streams.md say which"}, EVENT_STREAM),
)

DATA_ROUTES: Final = {
    ("PUT", _ONE): RouteDoc(
        "declareCollection",
        "Create a collection, or find it as declared",
        (Answer(answers.DECLARED), Answer(answers.DECLARED, status=HTTPStatus.CREATED)),
        body=DeclareCollection,
    ),
    ("DELETE", _ONE): RouteDoc("deleteCollection", "Delete a collection and everything in it", (NO_CONTENT,)),
    ("POST", f"{_ONE}/upsert"): RouteDoc(
        "upsert", "Insert or replace records", _WRITTEN, body=UpsertRecords, more_parameters=_ONCE
    ),
    ("POST", f"{_ONE}/update"): RouteDoc(
        "update", "Change parts of records", _WRITTEN, body=UpdateRecords, more_parameters=_ONCE
    ),
    ("POST", f"{_ONE}/delete"): RouteDoc(
        "delete", "Delete records by id or by filter", _WRITTEN, body=DeleteRecords, more_parameters=_ONCE
    ),
    ("POST", f"{_ONE}/import"): RouteDoc(
        "importFile", "Start an import", _STARTED, body=ImportFile, more_parameters=_ONCE
    ),
    ("POST", f"{_ONE}/export"): RouteDoc(
        "exportFile", "Start an export", _STARTED, body=ExportFile, more_parameters=_ONCE
    ),
    ("GET", _OPERATION): RouteDoc("operation", "How far an import or export is", (Answer(answers.OPERATION),)),
    ("POST", f"{_OPERATION}/cancel"): RouteDoc("cancelOperation", "Call an import or export off", _STARTED),
    ("GET", f"{_OPERATION}/file"): RouteDoc(
        "exportedFile",
        "The file of a finished export",
        (Answer(BYTES, PARQUET), Answer(BYTES, PARQUET, HTTPStatus.PARTIAL_CONTENT)),
        more_parameters=(header("Range", "`bytes=FIRST-LAST`: this part of the file"),),
    ),
    ("DELETE", f"{_OPERATION}/file"): RouteDoc(
        "removeExportedFile", "Remove the file of an export that named no place", (NO_CONTENT,)
    ),
    ("GET", "/v1/erasures/{erasure}"): RouteDoc("erasure", "How far an erasure is", (Answer(answers.ERASURE),)),
    ("GET", "/v1/collections"): RouteDoc(
        "listCollections", "Every collection that the caller may see", (Answer(answers.COLLECTIONS),)
    ),
    ("GET", _ONE): RouteDoc(
        "describeCollection", "A collection: declaration, size, segments, caches", (Answer(answers.DESCRIPTION),)
    ),
    ("POST", f"{_ONE}/query"): RouteDoc(
        "query", "Search by vector, vectors or a stored record", (Answer(answers.QUERY),), body=QueryRecords
    ),
    ("POST", f"{_ONE}/fetch"): RouteDoc("fetch", "Records by id", (Answer(answers.FETCH),), body=FetchRecords),
    ("POST", f"{_ONE}/list"): RouteDoc(
        "list", "The records, a page at a time", (Answer(answers.LIST),), body=ListRecords
    ),
    ("POST", f"{_ONE}/count"): RouteDoc(
        "count", "How many records there are, or match a filter", (Answer(answers.COUNT),), body=CountRecords
    ),
    ("POST", f"{_ONE}/recall"): RouteDoc("recall", "Measure live recall", (Answer(answers.RECALL),), body=CheckRecall),
    ("POST", f"{_ONE}/stream"): RouteDoc(
        "progressiveQuery", "A quick answer, then the one that was asked for, as events", _EVENTS, body=QueryRecords
    ),
    ("GET", f"{_ONE}/records/{{id}}/neighbors"): RouteDoc(
        "neighbors",
        "The nearest records to a stored one, for caches",
        (Answer(answers.NEIGHBORS), Answer(status=HTTPStatus.NOT_MODIFIED)),
        parameters=FindNeighbors,
        more_parameters=(header("If-None-Match", "The `ETag` of an answer that the caller has"),),
    ),
    ("GET", "/openapi.json"): RouteDoc("openapi", "This document", (Answer(ANYTHING),)),
    ("GET", "/docs"): RouteDoc("docs", "This document for people", (Answer({"type": "string"}, "text/html"),)),
    ("GET", "/v1/stream"): RouteDoc(
        "streamSocket",
        "Open a WebSocket of standing queries (docs/streams.md)",
        (Answer(status=HTTPStatus.SWITCHING_PROTOCOLS),),
    ),
    ("POST", "/v1/stream"): RouteDoc(
        "followQuery",
        "Follow one standing query as events",
        _EVENTS,
        body=Ask,
        more_parameters=(header("Last-Event-ID", "The id of the last event seen; stands for `after`"),),
    ),
}
