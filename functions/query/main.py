"""Query: searches and fetches over HTTP."""

import functions_framework.aio
from starlette.requests import Request

from functions.query.wiring import app
from shared.http import AppResponse


@functions_framework.aio.http
async def query(_: Request) -> AppResponse:
    """Hand the request to the routes of query."""
    return AppResponse(app())
