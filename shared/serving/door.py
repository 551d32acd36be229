"""The door: an overloaded instance refuses reads before anything is made for them.

The layers behind it refuse as well, and decide about everything else. What they spend on one request (a context, a
trace, an exception through all of them) is little by itself, and most of what an instance has when ten times as much
is asked as it can answer: between two searches none of it is in the processor's caches any more.
"""

import asyncio
import time
from dataclasses import dataclass
from typing import Final, Protocol

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.auth.authenticator import Authenticator
from shared.auth.caller import Caller
from shared.auth.scope import PUBLIC_PATHS, required_scope
from shared.auth.scope import Scope as KeyScope
from shared.domain.serving_mode import ServingMode
from shared.domain.tier import Tier
from shared.errors import InvalidRequest, TransientError
from shared.http import problem_response
from shared.request_record import DURATION, REQUESTS
from shared.serving.admission import Gate
from shared.serving.current_mode import CurrentMode
from shared.serving.mode_layer import mode_header
from shared.serving.priority import priority_of
from shared.serving.request_kind import RequestKind, request_kind
from shared.shutdown import process_shutdown

_COUNTED_AFTER_S: Final = 1.0
"""Refusals enter the metrics together: their files and locks cost more than a refusal."""
_OBSERVED_AT_ONCE: Final = 250
"""How many durations enter their histogram in one turn of the event loop: half a millisecond's worth."""
_NO_ROUTE: Final = "none"


class CountsRefusals(Protocol):
    """What counts the load of this process, where the platform does not."""

    def refused(self, count: int, *, tier: Tier, status: int, egress_bytes: int) -> None:
        """So many requests were refused within the last second."""
        ...


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: list[tuple[bytes, bytes]]
    body: Message


@dataclass(slots=True)
class _Tally:
    count: int = 0
    took_s: float = 0.0
    egress_bytes: int = 0


class Door:
    """An ASGI layer around a whole function. Answers as the layers would; everything that it is not sure of passes.

    It looks only while somebody is refused, as the layers find out: an instance with places for all pays nothing.
    It is sure of reads whose key, tier and mode are in memory, and that the mode, the key's rate or a standing line
    refuses now. What it refuses takes no token of the key's rate.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        function: str,
        authenticator: Authenticator,
        current_mode: CurrentMode,
        gate: Gate,
        load: CountsRefusals | None = None,
    ) -> None:
        self._app = app
        self._function = function
        self._authenticator = authenticator
        self._current_mode = current_mode
        self._gate = gate
        self._load = load
        self._answers: dict[tuple[str, ServingMode], _Answer] = {}
        self._uncounted: dict[tuple[str, int, str, Tier], _Tally] = {}
        self._unobserved: dict[float, int] = {}
        self._count_by_s = 0.0
        process_shutdown.at_start("door", self._settle_all)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or hand on."""
        began_s = time.perf_counter()
        caller = self._reader(scope)
        mode = None if caller is None else self._current_mode.known
        refusal = None if caller is None or mode is None else self._refusal(scope, caller, mode)
        if caller is None or mode is None or refusal is None:
            await self._app(scope, receive, send)
            return
        answer = self._answer(refusal, mode)
        await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
        await send(answer.body)
        self._count((scope["method"], answer.status, refusal.code, caller.tier), began_s, len(answer.body["body"]))

    def _reader(self, scope: Scope) -> Caller | None:
        """Who makes a read, where that is in memory."""
        if scope["type"] != "http" or not self._gate.refuses or process_shutdown.is_under_way:
            return None
        method, path = scope["method"], scope["path"]
        is_read = request_kind("http", method, path) is RequestKind.READ and path not in PUBLIC_PATHS
        if not is_read or required_scope(method, path) is not KeyScope.READ:
            return None
        caller = self._authenticator.known_caller(scope["headers"])
        return caller if caller is not None and KeyScope.READ in caller.scopes else None

    def _refusal(self, scope: Scope, caller: Caller, mode: ServingMode) -> TransientError | None:
        try:
            priority = priority_of(caller.tier, dict(scope["headers"]))
        except InvalidRequest:  # the layers say so
            return None
        return self._gate.refusal_now(caller, mode, priority)

    def _answer(self, refusal: TransientError, mode: ServingMode) -> _Answer:
        """The same for all refusals with one text."""
        key = str(refusal), mode
        known = self._answers.get(key)
        if known is None:
            response = problem_response(refusal)
            body = {"type": "http.response.body", "body": response.body}
            known = _Answer(response.status_code, [*response.raw_headers, mode_header(mode)], body)
            if refusal.code != "rate_limited":  # those say how long
                self._answers[key] = known
        return known

    def _count(self, kind: tuple[str, int, str, Tier], began_s: float, size: int) -> None:
        now_s = time.perf_counter()
        tally = self._uncounted.setdefault(kind, _Tally())
        tally.count, tally.took_s, tally.egress_bytes = (
            tally.count + 1,
            tally.took_s + now_s - began_s,
            tally.egress_bytes + size,
        )
        if self._count_by_s and now_s <= self._count_by_s + _COUNTED_AFTER_S:
            return
        if self._count_by_s:  # the loop that should have counted them has ended
            self._settle()
        self._count_by_s = now_s + _COUNTED_AFTER_S
        asyncio.get_running_loop().call_later(_COUNTED_AFTER_S, self._settle)

    def _settle(self) -> None:
        self._count_by_s = 0.0
        uncounted, self._uncounted = self._uncounted, {}
        for (method, status, reason, tier), tally in uncounted.items():
            REQUESTS.inc(self._function, method, _NO_ROUTE, str(status), by=tally.count)
            took_s = tally.took_s / tally.count
            self._unobserved[took_s] = self._unobserved.get(took_s, 0) + tally.count
            self._gate.refused(reason, tier, tally.count)
            if self._load is not None:
                self._load.refused(tally.count, tier=tier, status=status, egress_bytes=tally.egress_bytes)
        self._observe(_OBSERVED_AT_ONCE)

    def _observe(self, at_most: int) -> None:
        """Some now and the rest in later turns: a histogram counts one by one, and nobody may wait for thousands."""
        while self._unobserved and at_most:
            took_s, count = self._unobserved.popitem()
            now = min(count, at_most)
            for _ in range(now):
                DURATION.observe(took_s, self._function, _NO_ROUTE)
            at_most -= now
            if count > now:
                self._unobserved[took_s] = count - now
        if self._unobserved:
            asyncio.get_running_loop().call_soon(self._observe, _OBSERVED_AT_ONCE)

    def _settle_all(self) -> None:
        self._settle()
        self._observe(sum(self._unobserved.values()))
