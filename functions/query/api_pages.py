"""The API described: for programs, and for people. `python -m swell.deploy.openapi` writes both files."""

from functools import cache
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_PAGES: Final = Path(__file__).with_name("pages")
_CACHING: Final = {"Cache-Control": "public, max-age=300"}
_HTML: Final = {**_CACHING, "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}


def api_pages() -> list[Route]:
    """As listed for `query` in topology.yaml."""
    return [Route("/openapi.json", _document, methods=["GET"]), Route("/docs", _page, methods=["GET"])]


async def _document(_: Request) -> Response:
    return Response(_read("openapi.json"), headers=_CACHING, media_type="application/json")


async def _page(_: Request) -> Response:
    return Response(_read("docs.html"), headers=_HTML, media_type="text/html")


@cache
def _read(name: str) -> bytes:
    return (_PAGES / name).read_bytes()
