"""Listing and counting over HTTP: what is stored, without searching for it."""

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from functions.query.reading import read_of, until_visible, wish_of
from functions.query.requests import CountRecords, ListRecords, ReadOptions
from functions.query.responses import describe_record, describe_state
from shared.http import json_response, read_body
from shared.reads.listing import count_records, list_records
from shared.reads.service import AnswerReads, Read
from shared.reads.snapshots import OpenCollection
from shared.request_context import context_of


class ListingRoutes:
    """What a collection holds."""

    def __init__(self, reads: AnswerReads, staleness_s: float) -> None:
        self._reads = reads
        self._staleness_s = staleness_s

    def routes(self) -> list[Route]:
        """As listed for `query` in topology.yaml."""
        one = "/v1/collections/{collection}"
        return [
            Route(f"{one}/list", self.list_page, methods=["POST"]),
            Route(f"{one}/count", self.count, methods=["POST"]),
        ]

    async def list_page(self, request: Request) -> Response:
        """Some records, and where the next ones begin."""
        body = await read_body(request, ListRecords)

        def page(opened: OpenCollection, read: Read) -> dict[str, Any]:
            found = list_records(opened, read, body.filter, body.after, body.limit)
            return {"records": [describe_record(record, read) for record in found.records], "next": found.next}

        return await self._answer(request, body, page)

    async def count(self, request: Request) -> Response:
        """How many records there are, or match."""
        body = await read_body(request, CountRecords)
        return await self._answer(request, body, lambda opened, _: {"count": count_records(opened, body.filter)})

    async def _answer(
        self, request: Request, options: ReadOptions, found_in: Callable[[OpenCollection, Read], dict[str, Any]]
    ) -> Response:
        read = read_of(request, options, wish_of(request, options, self._staleness_s))

        def look() -> tuple[dict[str, Any], OpenCollection]:
            opened = self._reads.open(read)
            return found_in(opened, read), opened

        context = context_of(request.scope)
        found, opened = await until_visible(look, context, context.deadline(options.timeout_ms))
        return json_response({**found, **describe_state(opened, context)})
