"""Listing and counting over HTTP: what is stored, without searching for it."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from functions.query.reading import read_of, until_visible, wish_of
from functions.query.requests import CountRecords, ListRecords
from functions.query.responses import describe_damages, describe_record
from shared.http import json_response, read_body
from shared.reads.listing import Page, count_records, list_records
from shared.reads.service import AnswerReads
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
        read = read_of(request, body, wish_of(request, body, self._staleness_s))

        def look() -> tuple[Page, OpenCollection]:
            opened = self._reads.open(read)
            return list_records(opened, read, body.filter, body.after, body.limit), opened

        context = context_of(request.scope)
        page, opened = await until_visible(look, context, context.deadline(body.timeout_ms))
        return json_response(
            {
                "records": [describe_record(record, read) for record in page.records],
                "next": page.next,
                "version": str(opened.version),
                "serving_mode": context.mode.label,
                **describe_damages(opened),
            }
        )

    async def count(self, request: Request) -> Response:
        """How many records there are, or match."""
        body = await read_body(request, CountRecords)
        read = read_of(request, body, wish_of(request, body, self._staleness_s))

        def look() -> tuple[int, OpenCollection]:
            opened = self._reads.open(read)
            return count_records(opened, body.filter), opened

        context = context_of(request.scope)
        count, opened = await until_visible(look, context, context.deadline(body.timeout_ms))
        return json_response(
            {
                "count": count,
                "version": str(opened.version),
                "serving_mode": context.mode.label,
                **describe_damages(opened),
            }
        )
