"""Inquiries over HTTP: ask all regions, read what they answered."""

from datetime import timedelta
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from functions.coordination.operators import name_in_path
from functions.coordination.requests import AskRegions
from shared.auth.operators import require_operator
from shared.coordination.inquiries import Inquiries, Inquiry
from shared.http import json_response, read_body
from shared.ports.clock import Clock


class InquiryRoutes:
    """What operators ask of regions."""

    def __init__(self, inquiries: Inquiries, clock: Clock) -> None:
        self._inquiries = inquiries
        self._clock = clock

    def routes(self) -> list[Route]:
        """As listed for `coordination` in topology.yaml."""
        return [
            Route("/v1/inquiries", self.ask, methods=["POST"]),
            Route("/v1/inquiries/{inquiry}", self.show, methods=["GET"]),
        ]

    async def ask(self, request: Request) -> Response:
        """Ask everyone who is there."""
        require_operator(request)
        body = await read_body(request, AskRegions)
        ttl = timedelta(seconds=body.ttl_s)
        return json_response(self._view(await run_in_threadpool(self._inquiries.ask, body.id, body.question, ttl)), 202)

    async def show(self, request: Request) -> Response:
        """What came back so far; `is_over` says whether more can come."""
        found = await run_in_threadpool(self._inquiries.get, name_in_path(request, "inquiry"))
        return json_response(self._view(found))

    def _view(self, inquiry: Inquiry) -> dict[str, Any]:
        return {
            "id": inquiry.id,
            "question": inquiry.question.value,
            "asked_at": inquiry.asked_at.isoformat(),
            "deadline": inquiry.deadline.isoformat(),
            "is_over": inquiry.is_over(self._clock.now()),
            "answers": {
                region: {"after_s": round((answer.at - inquiry.asked_at).total_seconds(), 3), **answer.said}
                for region, answer in sorted(inquiry.answers.items())
            },
            "silent": [region for region in inquiry.asked if region not in inquiry.answers],
        }
