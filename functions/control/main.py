"""Control: what operators see and change of crowds, over HTTP."""

import functions_framework.aio
from starlette.requests import Request

from functions.control.wiring import app
from shared.http import AppResponse


@functions_framework.aio.http
async def control(_: Request) -> AppResponse:
    """Hand the request to the routes of control."""
    return AppResponse(app())
