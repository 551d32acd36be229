"""Writes over HTTP: translate requests, have them accepted, translate what became of them."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Final, TypeVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from functions.ingest.back_pressure import BackPressure
from functions.ingest.erasures import StartErasures
from functions.ingest.requests import DeleteRecords, UpdateRecord, UpdateRecords, UpsertRecords, WriteOptions
from shared.collections import load_collection
from shared.domain.collection import Collection
from shared.erasures.erasure import Erasure
from shared.errors import CommitPending, DependencyUnavailable
from shared.events.mutations import RecordUpdate
from shared.http import collection_name, idempotency_key, json_response, read_body
from shared.index.filter import parse_filter
from shared.ports.state import StateStore
from shared.request_context import context_of
from shared.serving.deadline import Deadline, in_thread
from shared.serving.errors import DeadlineExceeded
from shared.vectors import decode_vectors, encode_vectors
from shared.writes.accept import AcceptedWrite, AcceptWrites, CommittedWrite, Upserts
from shared.writes.attributes import check_attributes

T = TypeVar("T")

_FIRST_POLL_S: Final = 0.003
_LONGEST_POLL_S: Final = 0.1


class WriteRoutes:
    """The writes of the HTTP surface."""

    def __init__(
        self,
        state: StateStore,
        writes: AcceptWrites,
        erasures: StartErasures,
        back_pressure: BackPressure | None = None,
    ) -> None:
        self._state = state
        self._back_pressure = back_pressure
        self._writes = writes
        self._erasures = erasures

    def routes(self) -> list[Route]:
        """As listed for `ingest` in topology.yaml."""
        one = "/v1/collections/{collection}"
        return [
            Route(f"{one}/upsert", self.upsert, methods=["POST"]),
            Route(f"{one}/update", self.update, methods=["POST"]),
            Route(f"{one}/delete", self.delete, methods=["POST"]),
        ]

    async def upsert(self, request: Request) -> Response:
        """Accept records to insert or replace."""
        await self._room()
        body = await read_body(request, UpsertRecords)
        name, key = collection_name(request), idempotency_key(request)
        write = await _accepted(request, body, lambda: self._accept_upsert(name, body, key))
        reported = ["conflicts"] if body.is_conditional else []
        return await self._answer(request, write, {"accepted": len(body.records)}, body, reported)

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
        if_versions = {record.id: record.if_version for record in body.records if record.if_version is not None}
        upserts = Upserts([record.id for record in body.records], vectors, attributes, if_versions)
        return self._writes.upsert(collection, upserts, key)

    async def update(self, request: Request) -> Response:
        """Accept changes to parts of records."""
        await self._room()
        body = await read_body(request, UpdateRecords)
        name, key = collection_name(request), idempotency_key(request)
        write = await _accepted(request, body, lambda: self._accept_update(name, body, key))
        reported = ["missing", "conflicts"] if body.is_conditional else ["missing"]
        return await self._answer(request, write, {"accepted": len(body.records)}, body, reported)

    def _accept_update(self, name: str, body: UpdateRecords, key: str | None) -> AcceptedWrite:
        collection = load_collection(self._state, name)
        attributes = [record.attributes for record in body.records]
        check_attributes(attributes, collection.attributes, where="records[{}].attributes".format)
        updates = [
            RecordUpdate(
                id=record.id,
                attributes=record.attributes or {},
                vector=_encoded_vector(place, record, collection),
                if_version=record.if_version,
            )
            for place, record in enumerate(body.records)
        ]
        return self._writes.update(collection, updates, key)

    async def delete(self, request: Request) -> Response:
        """Accept ids, or a filter, to delete."""
        body = await read_body(request, DeleteRecords)
        name, key = collection_name(request), idempotency_key(request)
        erasure, write = await _accepted(request, body, lambda: self._accept_delete(name, body, key))
        answer: dict[str, Any] = {} if erasure is None else {"erasure": erasure.id}
        if body.ids is None:
            return await self._answer(request, write, answer, body, ["deleted"])
        return await self._answer(request, write, {"accepted": len(body.ids), **answer}, body)

    def _accept_delete(self, name: str, body: DeleteRecords, key: str | None) -> tuple[Erasure | None, AcceptedWrite]:
        collection = load_collection(self._state, name)
        if body.filter is not None:
            parse_filter(body.filter, collection.attributes)
        if body.erase:
            return self._erasures.erase(collection, body.ids, body.filter, key)
        if body.filter is not None:
            return None, self._writes.delete_matching(collection, body.filter, key)
        return None, self._writes.delete(collection, body.ids or [], key)

    async def _room(self) -> None:
        """Refuse what adds to a backlog that is full. Deletes are taken: they make less of what is stored."""
        if self._back_pressure is not None:
            await self._back_pressure.admit()

    async def _answer(
        self,
        request: Request,
        write: AcceptedWrite,
        answer: dict[str, Any],
        options: WriteOptions,
        reported: Sequence[str] = (),
    ) -> Response:
        if options.wait == "accepted":
            return json_response(answer, 202)
        context = context_of(request.scope)
        context.wait_begins()
        committed = await self._committed(write, context.deadline(options.timeout_ms))
        report = {name: getattr(committed, name) for name in reported}
        return json_response({**answer, "version": str(committed.version), **report})

    async def _committed(self, write: AcceptedWrite, deadline: Deadline) -> CommittedWrite:
        pause_s = _FIRST_POLL_S
        while True:
            with suppress(DeadlineExceeded):  # a store that hangs says nothing against the write
                committed = await in_thread(lambda: self._writes.committed(write), deadline)
                if committed is not None:
                    return committed
            if pause_s > deadline.remaining_s:
                raise CommitPending(f"the write is accepted, but was not committed within {deadline.timeout_ms} ms")
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 1.5, _LONGEST_POLL_S)


async def _accepted(request: Request, options: WriteOptions, accept: Callable[[], T]) -> T:
    """What accepting comes to, if it ends before the deadline; whether it ends well after that, nobody is told.

    Raises:
        DependencyUnavailable: it has not. Sent again, with its key if it has one, it is the same write.
    """
    try:
        return await in_thread(accept, context_of(request.scope).deadline(options.timeout_ms))
    except DeadlineExceeded:
        raise DependencyUnavailable(
            f"no store took the write within {options.timeout_ms} ms; it may be accepted yet: send it again"
        ) from None


def _encoded_vector(place: int, record: UpdateRecord, collection: Collection) -> str | None:
    """The vector of an update, checked, as events carry it."""
    if record.vector is None:
        return None
    field = f"records[{place}].vector"
    return encode_vectors(decode_vectors([record.vector], collection.dimension, collection.metric, field=field))
