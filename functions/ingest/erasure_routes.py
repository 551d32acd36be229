"""Receipts of erasures over HTTP."""

import re
from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from functions.ingest.erasures import receipt
from shared.erasures.erasure import Erasure, RegionErasure
from shared.erasures.store import Erasures
from shared.errors import NotFound
from shared.http import json_response
from shared.ports.state import StateStore
from shared.regions.paths import REGIONS
from shared.request_context import context_of

_ID: Final = re.compile(r"[0-9A-Za-z]{1,100}")


class ErasureRoutes:
    """`/v1/erasures`."""

    def __init__(self, state: StateStore, erasures: Erasures) -> None:
        self._state = state
        self._erasures = erasures

    def routes(self) -> list[Route]:
        """As listed for `ingest` in topology.yaml."""
        return [Route("/v1/erasures/{erasure}", self.show, methods=["GET"])]

    async def show(self, request: Request) -> Response:
        """How far an erasure is."""
        return json_response(await run_in_threadpool(self._show, request))

    def _show(self, request: Request) -> dict[str, Any]:
        name: str = request.path_params["erasure"]
        erasure = self._erasures.find(name) if _ID.fullmatch(name) else None
        if erasure is None or not context_of(request.scope).caller.owns(erasure.collection):
            raise NotFound(f"erasure {name!r} does not exist")
        regions = [document.id for document in self._state.list(REGIONS)]
        return receipt(erasure, self._erasures.shards(erasure), self._reports(erasure, regions))

    def _reports(self, erasure: Erasure, regions: list[str]) -> dict[int, dict[str, Any]]:
        """By shard what each region says that has said something."""
        if not regions:
            return {}
        found = {shard: self._erasures.reports(erasure, shard, regions) for shard in erasure.event_ids}
        return {
            shard: {region: _said(report) for region, report in reports.items() if report is not None}
            for shard, reports in found.items()
        }


def _said(report: RegionErasure) -> dict[str, Any]:
    return {"version": str(report.version), "remains": report.remains}
