"""Admission: the layer that refuses at once what could not be answered in time, or is more than a key may ask."""

import asyncio
import math
import time
from collections import Counter as Counts
from collections.abc import Callable
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from shared.auth.caller import Caller
from shared.auth.scope import WATCHED_PATHS, required_scope
from shared.auth.scope import Scope as KeyScope
from shared.domain.serving_mode import ServingMode, terms
from shared.domain.tier import Tier
from shared.errors import TransientError
from shared.metrics import Counter, Gauge
from shared.request_context import RequestContext, context_of
from shared.serving.buckets import Buckets
from shared.serving.errors import RateLimited, Shed
from shared.serving.lane import FixedLimit, Lane
from shared.serving.priority import Priority, priority_of
from shared.serving.request_kind import RequestKind, request_kind
from shared.shutdown import process_shutdown
from shared.telemetry import log

REFUSED: Final = Counter("swell_requests_refused_total", "Requests that were not admitted", ("reason", "tier"))
READS_AT_ONCE: Final = Gauge("swell_read_limit_requests", "The adaptive limit of reads in progress", merged="sum")

_WRITES_AT_ONCE: Final = 32  # of up to 8 MB each, in the 1 GB that topology.yaml gives ingest
_REPORT_EVERY_S: Final = 1.0
_REFUSES_FOR_S: Final = 1.0


class Refusals:
    """Counts refusals, and logs them a second at a time: an overload must not be one of the log as well.

    What the last second of it leaves is logged a second later, on the event loop, or by `tell` at the end.
    """

    def __init__(
        self, monotonic_s: Callable[[], float] = time.monotonic, *, report_every_s: float = _REPORT_EVERY_S
    ) -> None:
        self._monotonic_s = monotonic_s
        self._report_every_s = report_every_s
        self._unlogged: Counts[tuple[str, Tier]] = Counts()
        self._logged_at_s = monotonic_s()
        self._later: asyncio.TimerHandle | None = None

    def count(self, reason: str, tier: Tier, count: int = 1) -> None:
        """So many more. On the event loop."""
        REFUSED.inc(reason, tier.value, by=count)
        self._unlogged[reason, tier] += count
        if self._monotonic_s() - self._logged_at_s >= self._report_every_s:
            self.tell()
        elif self._later is None:
            self._later = asyncio.get_running_loop().call_later(self._report_every_s, self.tell)

    def tell(self) -> None:
        """Log what is not logged yet."""
        if self._later is not None:
            self._later.cancel()
            self._later = None
        self._logged_at_s = self._monotonic_s()
        unlogged, self._unlogged = self._unlogged, Counts()
        for (why, whose), many in unlogged.items():
            log("WARNING", "requests refused", reason=why, tier=whose.value, count=many)


class Gate:
    """What the functions of one process share: lanes, buckets, and what was refused."""

    def __init__(self, buckets: Buckets, reads: Lane | None = None, writes: Lane | None = None) -> None:
        self.buckets = buckets
        self.reads = reads or Lane()
        self.writes = writes or Lane(FixedLimit(_WRITES_AT_ONCE))
        self._refusals = Refusals()
        self._refused_at_s = -math.inf
        process_shutdown.at_end("refusals", lambda _: self._refusals.tell())

    @property
    def refuses(self) -> bool:
        """Whether anybody was refused within the last second."""
        return time.monotonic() - self._refused_at_s < _REFUSES_FOR_S

    def refusal_now(self, caller: Caller, mode: ServingMode, priority: Priority) -> TransientError | None:
        """Why a read would be refused, where that is certain by now; of the key's rate nothing is taken."""
        share = terms(mode, caller.tier).admission_share
        wait_s = self.buckets.known_wait_s(caller) if share == 1 else 0.0
        if share <= 0:
            refusal: TransientError | None = Shed(mode, share)
        elif wait_s > 0:
            refusal = RateLimited(self.buckets.rate_of(caller).per_s, wait_s)
        else:
            refusal = self.reads.refusal_now(priority)
        if refusal is not None:
            self._refused_at_s = time.monotonic()
        return refusal

    def refused(self, reason: str, tier: Tier, count: int = 1) -> None:
        """Count refusals."""
        self._refused_at_s = time.monotonic()
        self._refusals.count(reason, tier, count)
        READS_AT_ONCE.set(self.reads.limit.current)

    def lane(self, kind: RequestKind) -> Lane | None:
        """Where requests of this kind go; streams are none: they are counted by whoever holds them."""
        if kind is RequestKind.READ:
            return self.reads
        return None if kind is RequestKind.STREAM else self.writes


class Admission:
    """An ASGI layer behind authentication and the serving mode; health and metrics pass freely.

    Raises `Shed`, `RateLimited`, `Overloaded`, and `InvalidRequest` for a priority that there is not.
    """

    def __init__(self, app: ASGIApp, gate: Gate) -> None:
        self._app = app
        self._gate = gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on what is admitted."""
        if scope["path"] in WATCHED_PATHS:
            await self._app(scope, receive, send)
            return
        context, method, path = context_of(scope), scope.get("method", "GET"), scope["path"]
        try:
            self._shed(context, method, path)
            await self._admit(context, request_kind(scope["type"], method, path))
        except TransientError as refusal:
            self._gate.refused(refusal.code, context.caller.tier)
            context.is_logged_in_bulk = True
            raise
        slot = context.slot
        if slot is None:
            await self._app(scope, receive, send)
            return
        try:
            await self._app(scope, receive, send)
        finally:
            slot.leave()

    def _shed(self, context: RequestContext, method: str, path: str) -> None:
        """Refuse what the mode does not let in. Operators are heard in every mode: who else should end one?"""
        if context.mode is ServingMode.NORMAL:
            return
        share = terms(context.mode, context.caller.tier).admission_share
        if share >= 1 or required_scope(method, path) is KeyScope.ADMIN:
            return
        if not self._gate.buckets.let_in(context.caller, share):
            raise Shed(context.mode, share)

    async def _admit(self, context: RequestContext, kind: RequestKind) -> None:
        caller, buckets = context.caller, self._gate.buckets
        wait_s = await buckets.take(caller)
        if wait_s > 0:
            raise RateLimited(buckets.rate_of(caller).per_s, wait_s)
        lane = self._gate.lane(kind)
        if lane is not None:
            context.priority = priority_of(caller.tier, context.headers)
            context.slot = lane.enter_now(context.priority) or await lane.enter(context.priority)
