"""Puts query together; built on first use, so that importing stays cheap."""

from functools import cache

from starlette.types import ASGIApp

from functions.query.routes import QueryRoutes
from functions.query.service import AnswerReads
from functions.query.settings import QuerySettings
from functions.query.snapshots import Snapshots
from shared.adapters.opening import Adapters, open_adapters
from shared.http import http_function
from shared.segment_cache import SegmentCache


def build(adapters: Adapters, settings: QuerySettings) -> ASGIApp:
    """Query on these adapters."""
    segments = SegmentCache(adapters.objects, settings.cache_dir, settings.cache_max_bytes)
    snapshots = Snapshots(adapters.state, adapters.objects, segments, settings.staleness_ms / 1000)
    routes = QueryRoutes(adapters.state, AnswerReads(snapshots)).routes()
    return http_function("query", routes, ready=lambda: _check(adapters))


def _check(adapters: Adapters) -> None:
    adapters.state.get("health/probe")


@cache
def app() -> ASGIApp:
    """Query as the environment says."""
    settings = QuerySettings()
    return build(open_adapters(settings), settings)
