"""Ingest over HTTP: translate requests, call the service, translate answers."""

import asyncio
import time
from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from functions.ingest.collections import CollectionRegister
from functions.ingest.requests import DeclareCollection, DeleteRecords, UpsertRecords, WriteOptions
from shared.collections import load_collection
from shared.domain.collection import Collection
from shared.domain.limits import MAX_IDEMPOTENCY_KEY_BYTES
from shared.domain.versions import VersionVector
from shared.errors import CommitPending, FieldProblem, InvalidRequest, shortened
from shared.http import collection_name, json_response, read_body
from shared.ports.state import StateStore
from shared.vectors import decode_vectors
from shared.writes.accept import AcceptedWrite, AcceptWrites, Upserts
from shared.writes.attributes import check_attributes

_FIRST_POLL_S: Final = 0.003
_LONGEST_POLL_S: Final = 0.1


class IngestRoutes:
    """The HTTP surface of ingest."""

    def __init__(self, state: StateStore, register: CollectionRegister, writes: AcceptWrites) -> None:
        self._state = state
        self._register = register
        self._writes = writes

    def routes(self) -> list[Route]:
        """As listed for `ingest` in topology.yaml."""
        one = "/v1/collections/{collection}"
        return [
            Route(one, self.declare, methods=["PUT"]),
            Route(one, self.delete_collection, methods=["DELETE"]),
            Route(f"{one}/upsert", self.upsert, methods=["POST"]),
            Route(f"{one}/delete", self.delete_records, methods=["POST"]),
        ]

    async def declare(self, request: Request) -> Response:
        """Create a collection, or find it as declared."""
        body = await read_body(request, DeclareCollection)
        declaration = Collection(
            name=collection_name(request),
            uid="",
            dimension=body.dimension,
            metric=body.metric,
            shards=body.shards,
            attributes=body.attributes,
        )
        collection, created = await run_in_threadpool(self._register.declare, declaration)
        return json_response(collection.to_document(), 201 if created else 200)

    async def delete_collection(self, request: Request) -> Response:
        """Delete a collection and everything in it."""
        await run_in_threadpool(self._register.delete, collection_name(request))
        return Response(status_code=204)

    async def upsert(self, request: Request) -> Response:
        """Accept records to insert or replace."""
        body = await read_body(request, UpsertRecords)
        write = await run_in_threadpool(self._accept_upsert, collection_name(request), body, _idempotency_key(request))
        return await self._answer(write, len(body.records), body)

    def _accept_upsert(self, name: str, body: UpsertRecords, key: str | None) -> AcceptedWrite:
        collection = load_collection(self._state, name)
        attributes = [record.attributes for record in body.records]
        check_attributes(attributes, collection.attributes, where="records[{}].attributes".format)
        vectors = decode_vectors(
            [record.vector for record in body.records],
            collection.dimension,
            collection.metric,
            field="records[{}].vector",
        )
        return self._writes.upsert(
            collection, Upserts([record.id for record in body.records], vectors, attributes), key
        )

    async def delete_records(self, request: Request) -> Response:
        """Accept ids to delete."""
        body = await read_body(request, DeleteRecords)
        write = await run_in_threadpool(self._accept_delete, collection_name(request), body, _idempotency_key(request))
        return await self._answer(write, len(body.ids), body)

    def _accept_delete(self, name: str, body: DeleteRecords, key: str | None) -> AcceptedWrite:
        return self._writes.delete(load_collection(self._state, name), body.ids, key)

    async def _answer(self, write: AcceptedWrite, count: int, options: WriteOptions) -> Response:
        answer: dict[str, Any] = {"accepted": count}
        if options.wait == "accepted":
            return json_response(answer, 202)
        version = await self._committed(write, options.timeout_ms)
        return json_response({**answer, "version": str(version)})

    async def _committed(self, write: AcceptedWrite, timeout_ms: int) -> VersionVector:
        deadline = time.monotonic() + timeout_ms / 1000
        pause_s = _FIRST_POLL_S
        while True:
            version = await run_in_threadpool(self._writes.committed_version, write)
            if version is not None:
                return version
            if time.monotonic() + pause_s > deadline:
                raise CommitPending(f"the write is accepted, but was not committed within {timeout_ms} ms")
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 1.5, _LONGEST_POLL_S)


def _idempotency_key(request: Request) -> str | None:
    key = request.headers.get("Idempotency-Key")
    if key is not None and not 0 < len(key.encode()) <= MAX_IDEMPOTENCY_KEY_BYTES:
        limit = f"1 to {MAX_IDEMPOTENCY_KEY_BYTES} bytes"
        raise InvalidRequest(FieldProblem("Idempotency-Key", shortened(key), limit))
    return key
