"""Puts stream together."""

import time
from collections.abc import Sequence

from starlette.types import ASGIApp, Receive, Scope, Send

from functions.stream.event_stream import EventStreams
from functions.stream.following import Following
from functions.stream.key_limits import KeyLimits
from functions.stream.session import SessionOptions, Sessions
from functions.stream.settings import StreamSettings
from functions.stream.websocket import WebSockets
from shared.adapters.opening import Adapters, reading_anywhere
from shared.auth.authenticator import Authenticator
from shared.auth.key_store import KeyStore
from shared.cache.segment_cache import CacheLimits, SegmentCache
from shared.edge import gate
from shared.http import HttpFunction, Middleware
from shared.reads.heads import Heads
from shared.reads.served_heads import served_heads
from shared.reads.service import AnswerReads
from shared.reads.snapshots import Snapshots
from shared.serving.current_mode import CurrentMode
from shared.shutdown import process_shutdown

_PATH = "/v1/stream"


class Stream:
    """The stream function: an ASGI app, and the sessions that its other transports share."""

    def __init__(
        self, adapters: Adapters, settings: StreamSettings, middleware: Sequence[Middleware], reads: AnswerReads
    ) -> None:
        self.reads = reads
        self.gate = gate(settings)
        self.authenticator = Authenticator(
            KeyStore(adapters.state, adapters.clock), adapters.clock, open_on_loopback=settings.is_open_on_loopback
        )
        self.sessions = Sessions(
            Following(reads, settings.poll_ms / 1000),
            KeyLimits(settings.connections_per_key, settings.subscriptions_per_key),
            CurrentMode(adapters.state),
            SessionOptions(settings.heartbeat_s, settings.outbox_frames),
        )
        self._websockets = WebSockets(self.sessions, self.authenticator)
        routes = EventStreams(self.sessions, self.authenticator).routes()
        self._http: ASGIApp = HttpFunction("stream", routes, ready=lambda: _check(adapters), middleware=middleware)
        process_shutdown.at_start("stream", self.sessions.tell_shutdown)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection. WebSockets authenticate for themselves: browsers send their key in a message."""
        if scope["type"] == "websocket" and scope["path"] == _PATH:
            await self._websockets(scope, receive, send)
        else:
            await self._http(scope, receive, send)


def _check(adapters: Adapters) -> None:
    adapters.state.get("health/probe")


def build(adapters: Adapters, settings: StreamSettings, middleware: Sequence[Middleware]) -> Stream:
    """Stream on these adapters, behind this middleware; a home that moves is followed either way."""
    limits = CacheLimits(settings.cache_max_mapped_bytes, settings.cache_max_bytes)
    if settings.follows == "home":
        heads, objects = Heads(adapters.state), reading_anywhere(adapters.objects, settings)
    else:
        heads, objects = Heads(adapters.state, served_heads(settings)), adapters.objects
    segments = SegmentCache(objects, settings.cache_dir, limits)
    snapshots = Snapshots(heads, objects, segments, monotonic_s=time.monotonic)
    return Stream(adapters, settings, middleware, AnswerReads(snapshots))
