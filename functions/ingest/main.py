"""Ingest: collections and writes over HTTP."""

import functions_framework.aio
from starlette.requests import Request

from functions.ingest.wiring import app
from shared.http import AppResponse


@functions_framework.aio.http
async def ingest(_: Request) -> AppResponse:
    """Hand the request to the routes of ingest."""
    return AppResponse(app())
