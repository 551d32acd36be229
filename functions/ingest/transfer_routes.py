"""Imports and exports over HTTP: start one, call one off, fetch what was exported."""

import re
from collections.abc import Iterator
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from functions.ingest.transfer_requests import ExportFile, ImportFile
from functions.ingest.transfers import StartTransfers
from shared.bulk.source import Source
from shared.domain.tenancy import tenant_of
from shared.errors import Conflict, FieldProblem, InvalidRequest, NotFound, shortened
from shared.http import collection_name, idempotency_key, json_response, read_body
from shared.ports.files import Files
from shared.request_context import context_of
from shared.transfers.store import Transfers
from shared.transfers.transfer import ExportWork, Transfer, TransferState

_RANGE: Final = re.compile(r"bytes=(\d{1,18})-(\d{0,18})")
_BLOCK_BYTES: Final = 4 << 20


class TransferRoutes:
    """The bulk part of the HTTP surface."""

    def __init__(self, start: StartTransfers, transfers: Transfers, files: Files) -> None:
        self._start = start
        self._transfers = transfers
        self._files = files

    def routes(self) -> list[Route]:
        """As listed for `ingest` in topology.yaml."""
        collection, operation = "/v1/collections/{collection}", "/v1/operations/{operation}"
        return [
            Route(f"{collection}/import", self.import_file, methods=["POST"]),
            Route(f"{collection}/export", self.export_file, methods=["POST"]),
            Route(operation, self.show, methods=["GET"]),
            Route(f"{operation}/cancel", self.cancel, methods=["POST"]),
            Route(f"{operation}/file", self.fetch_file, methods=["GET"]),
            Route(f"{operation}/file", self.remove_file, methods=["DELETE"]),
        ]

    async def import_file(self, request: Request) -> Response:
        """Start an import."""
        body = await read_body(request, ImportFile)
        name, key = collection_name(request), idempotency_key(request)
        return _started(
            await run_in_threadpool(self._start.start_import, name, body.uri, body.format, body.choice, key)
        )

    async def export_file(self, request: Request) -> Response:
        """Start an export."""
        body = await read_body(request, ExportFile)
        name, key = collection_name(request), idempotency_key(request)
        return _started(await run_in_threadpool(self._start.start_export, name, body.uri, key))

    async def show(self, request: Request) -> Response:
        """How far an import or export is."""
        return json_response((await run_in_threadpool(self._visible, request)).to_view())

    async def cancel(self, request: Request) -> Response:
        """Call off what is still running; it ends after its current step."""
        transfer = await run_in_threadpool(self._visible, request)
        return _started(await run_in_threadpool(self._transfers.cancel, transfer.id))

    async def fetch_file(self, request: Request) -> Response:
        """The file of a finished export, or the range of it that is asked for."""
        source = await run_in_threadpool(self._exported, request)
        asked = request.headers.get("Range")
        start, stop = (0, source.size_bytes) if asked is None else _range(asked, source.size_bytes)
        headers = {"Accept-Ranges": "bytes", "Content-Length": str(stop - start), "ETag": f'"{source.identity}"'}
        if asked is not None:
            headers["Content-Range"] = f"bytes {start}-{stop - 1}/{source.size_bytes}"
        return StreamingResponse(
            _blocks(source, start, stop),
            206 if asked is not None else 200,
            headers,
            media_type="application/vnd.apache.parquet",
        )

    async def remove_file(self, request: Request) -> Response:
        """Remove the file of an export that named no place; others are their users' own."""
        await run_in_threadpool(self._remove, request)
        return Response(status_code=204)

    def _remove(self, request: Request) -> None:
        transfer = self._visible(request)
        work = transfer.work
        if not isinstance(work, ExportWork) or not work.is_kept or transfer.state is TransferState.RUNNING:
            raise Conflict(f"operation {transfer.id} keeps no file to be removed")
        self._files.of_tenant(tenant_of(transfer.collection)).remove(work.uri)

    def _visible(self, request: Request) -> Transfer:
        """The operation of the request, if the caller sees the collection that it is about."""
        operation: str = request.path_params["operation"]
        stored = self._transfers.find(operation)
        if stored is None or not context_of(request.scope).caller.owns(stored.transfer.collection):
            raise NotFound(f"operation {operation!r} does not exist")
        return stored.transfer

    def _exported(self, request: Request) -> Source:
        transfer = self._visible(request)
        if not isinstance(transfer.work, ExportWork) or transfer.state is not TransferState.DONE:
            raise Conflict(f"operation {transfer.id} is no finished export: it has no file")
        return self._files.of_tenant(tenant_of(transfer.collection)).source(transfer.work.uri)


def _started(transfer: Transfer) -> Response:
    return json_response(transfer.to_view(), 202, {"Location": f"/v1/operations/{transfer.id}"})


def _range(asked: str, size_bytes: int) -> tuple[int, int]:
    found = _RANGE.fullmatch(asked)
    start = int(found[1]) if found else size_bytes
    stop = min(int(found[2]) + 1 if found and found[2] else size_bytes, size_bytes)
    if start >= stop:
        raise InvalidRequest(FieldProblem("Range", shortened(asked), f"bytes=FIRST-LAST within {size_bytes} bytes"))
    return start, stop


def _blocks(source: Source, start: int, stop: int) -> Iterator[bytes]:
    with source.open() as file:
        file.seek(start)
        while start < stop:
            block = file.read(min(_BLOCK_BYTES, stop - start))
            if not block:
                return
            start += len(block)
            yield block
