"""Puts query together; built on first use, so that importing stays cheap."""

import time
from collections.abc import Sequence
from functools import cache

from starlette.types import ASGIApp

from functions.query.progressive import ProgressiveRoutes
from functions.query.routes import QueryRoutes
from functions.query.settings import QuerySettings
from shared.adapters.opening import Adapters, open_adapters
from shared.cache.segment_cache import CacheLimits, SegmentCache
from shared.edge import EdgeSettings, edge
from shared.http import UNGUARDED, HttpFunction, Middleware
from shared.reads.heads import Heads
from shared.reads.service import AnswerReads
from shared.reads.snapshots import Snapshots


def build(adapters: Adapters, settings: QuerySettings, middleware: Sequence[Middleware] = UNGUARDED) -> ASGIApp:
    """Query on these adapters, behind this middleware."""
    limits = CacheLimits(settings.cache_max_mapped_bytes, settings.cache_max_bytes)
    segments = SegmentCache(adapters.objects, settings.cache_dir, limits)
    snapshots = Snapshots(Heads(adapters.state), adapters.objects, segments, monotonic_s=time.monotonic)
    reads = AnswerReads(snapshots)
    staleness_s = settings.staleness_ms / 1000
    routes = [
        *QueryRoutes(adapters.state, reads, segments, staleness_s).routes(),
        *ProgressiveRoutes(reads, staleness_s).routes(),
    ]
    return HttpFunction("query", routes, ready=lambda: _check(adapters), middleware=middleware)


def _check(adapters: Adapters) -> None:
    adapters.state.get("health/probe")


@cache
def app() -> ASGIApp:
    """Query as the environment says."""
    settings = QuerySettings()
    adapters = open_adapters(settings)
    return build(adapters, settings, edge(adapters, EdgeSettings()))
