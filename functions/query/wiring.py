"""Puts query together; built on first use, so that importing stays cheap."""

import sys
import time
from collections.abc import Sequence
from functools import cache, partial
from typing import Final

from starlette.types import ASGIApp

from functions.query.answer_cache import AnswerCache
from functions.query.api_pages import api_pages
from functions.query.batching import Batcher
from functions.query.listing import ListingRoutes
from functions.query.neighbors import CachePolicy, NeighborRoutes
from functions.query.progressive import ProgressiveRoutes
from functions.query.region_header import NamesRegion
from functions.query.routes import QueryRoutes
from functions.query.searching import Searches
from functions.query.settings import QuerySettings
from shared.adapters.opening import Adapters, open_adapters
from shared.adapters.platform import PlatformSettings
from shared.adapters.redis.answers import RedisAnswers
from shared.adapters.redis.connection import RedisConnection
from shared.cache.segment_cache import CacheLimits, SegmentCache
from shared.edge import Edge, EdgeSettings, open_edge
from shared.http import UNGUARDED, HttpFunction, Middleware
from shared.readiness import readiness
from shared.reads.heads import Heads
from shared.reads.served_heads import served_heads
from shared.reads.service import AnswerReads
from shared.reads.snapshots import Snapshots
from shared.regions.copies import copies_of
from shared.regions.placement import deployed
from shared.topology import load_topology

_SWITCH_AFTER_S: Final = 0.0002
"""A thread and the event loop give way to each other after this, not after Python's 5 ms: refusals are due by then."""


def build(adapters: Adapters, settings: QuerySettings, edge: Edge | Sequence[Middleware] = UNGUARDED) -> ASGIApp:
    """Query on these adapters, behind this edge; without a door where only its layers are given."""
    sys.setswitchinterval(_SWITCH_AFTER_S)
    limits = CacheLimits(settings.cache_max_mapped_bytes, settings.cache_max_bytes)
    segments = SegmentCache(adapters.objects, settings.cache_dir, limits)
    heads = Heads(adapters.state, served_heads(settings), outage_s=settings.outage_staleness_ms / 1000)
    snapshots = Snapshots(heads, adapters.objects, segments, monotonic_s=time.monotonic)
    reads = AnswerReads(snapshots)
    answers = AnswerCache(settings.answers_max_bytes, _shared_answers(settings))
    searches = Searches(reads, Batcher(most=settings.batch_at_most), answers)
    staleness_s = settings.staleness_ms / 1000
    routes = [
        *QueryRoutes(
            adapters.state,
            reads,
            searches,
            segments=segments,
            answers=answers,
            staleness_s=staleness_s,
            copies=lambda collection: copies_of(adapters.state, deployed(settings.buckets), collection),
        ).routes(),
        *ListingRoutes(reads, staleness_s).routes(),
        *ProgressiveRoutes(reads, staleness_s).routes(),
        *NeighborRoutes(reads, searches, answers, _cache_policy(settings)).routes(),
        *api_pages(),
    ]
    ready = partial(readiness, adapters, heads.outlasts_outage)
    layers = edge.layers if isinstance(edge, Edge) else edge
    app: ASGIApp = HttpFunction("query", routes, ready=ready, middleware=layers)
    if isinstance(edge, Edge):
        app = edge.door(app, function="query")
    return app if settings.region is None else NamesRegion(app, settings.region)


def _cache_policy(settings: QuerySettings) -> CachePolicy:
    return CachePolicy(
        visibility=settings.neighbors_cache,
        max_age_s=settings.neighbors_max_age_s,
        stale_s=settings.neighbors_stale_s,
        staleness_s=settings.staleness_ms / 1000,
    )


def _shared_answers(settings: QuerySettings) -> RedisAnswers | None:
    return None if settings.redis_url is None else RedisAnswers(RedisConnection(settings.redis_url.get_secret_value()))


@cache
def app() -> ASGIApp:
    """Query as the environment says."""
    settings = QuerySettings()
    adapters = open_adapters(settings)
    edge = open_edge(adapters, EdgeSettings())
    platform = PlatformSettings()
    if platform.is_local:
        from shared.load.reporting import counted  # noqa: PLC0415 - elsewhere the platform counts: cold start

        region = settings.region or load_topology().home_region
        edge = counted(adapters, region, edge, every_s=platform.load_report_s)
    return build(adapters, settings, edge)
