"""Coordination: members, ballots, leases and moves over HTTP."""

import functions_framework.aio
from starlette.requests import Request

from functions.coordination.wiring import app
from shared.http import AppResponse


@functions_framework.aio.http
async def coordination(_: Request) -> AppResponse:
    """Hand the request to the routes of coordination."""
    return AppResponse(app())
