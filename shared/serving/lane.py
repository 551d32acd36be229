"""Work of one kind in an instance: so much at once, and a bounded line of those that wait, by priority."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from shared.resilience.adaptive_limit import AdaptiveLimit
from shared.serving.errors import Overloaded
from shared.serving.priority import Priority

BURST_PATIENCE_S: Final = 0.1
"""A burst may wait this long: longer than a pause of the collector or a slow search, shorter than a user's patience.

In a line that has stood for so long nobody ordinary waits: whoever finds no place is refused at once.
That a queue is good while it drains, and bad while it stands, is CoDel's finding (RFC 8289).
"""
HIGH_PATIENCE_S: Final = 0.5
"""Who is important would rather wait than be refused, but not for an answer that comes too late for a page."""
_CALM_AFTER_S: Final = BURST_PATIENCE_S
"""So long after the last refusal a line counts as a burst again.

Under an overload somebody is refused in every such time. Were it longer, refusals would go on by themselves once
something had stood still: where nobody may wait, those who come by chance at once are refused at half of the load, too.
"""


class Limit(Protocol):
    """How much may be in progress."""

    latency_s: float

    @property
    def current(self) -> int:
        """So many requests."""
        ...

    @property
    def for_important(self) -> int:
        """So many as far as the important are concerned."""
        ...

    def observe(self, took_s: float, in_flight: int, now_s: float) -> None:
        """One has ended."""
        ...


@dataclass
class FixedLimit:
    """A limit that learns nothing."""

    current: int
    latency_s: float = 0.0

    @property
    def for_important(self) -> int:
        """The same."""
        return self.current

    def observe(self, took_s: float, in_flight: int, now_s: float) -> None:
        """Change nothing."""


class Slot:
    """A place among those in progress; give it back once the work is done, or is only waiting for something."""

    __slots__ = ("_began_s", "_lane")

    def __init__(self, lane: "Lane", began_s: float) -> None:
        self._lane: Lane | None = lane
        self._began_s = began_s

    def leave(self) -> None:
        """The work is done; again changes nothing."""
        if self._lane is not None:
            self._lane.leave(self._began_s)
            self._lane = None

    def step_aside(self) -> None:
        """What follows is waiting, not work: it takes nobody's place, and its time says nothing about load."""
        if self._lane is not None:
            self._lane.leave(None)
            self._lane = None


class Lane:
    """Admits work on the event loop. `capacity` bounds the line; beyond it the least important is refused."""

    def __init__(
        self,
        limit: Limit | None = None,
        *,
        capacity: int = 128,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self.limit: Limit = limit or AdaptiveLimit()
        self.in_flight = 0
        self._capacity = capacity
        self._monotonic_s = monotonic_s
        self._lines: list[deque[asyncio.Future[Slot]]] = [deque() for _ in Priority]
        self.waiting = 0
        self._standing_since_s = 0.0
        self._refused_at_s = -_CALM_AFTER_S

    def enter_now(self, priority: Priority = Priority.NORMAL) -> Slot | None:
        """A slot, if there is one and nobody as important waits."""
        return self._slot() if self._has_place(priority) else None

    def refusal_now(self, priority: Priority) -> Overloaded | None:
        """Why `enter` would refuse at once, if it would; to be told to whoever asked."""
        return None if self._has_place(priority) else self._refused(priority, self._patience_s(priority))

    async def enter(self, priority: Priority) -> Slot:
        """A slot, as soon as one is free.

        Raises:
            Overloaded: it would take, or has taken, longer than anybody should wait.
        """
        patience_s = self._patience_s(priority)
        refusal = self._refused(priority, patience_s)
        if refusal is not None:
            raise refusal
        if self.waiting >= self._capacity:
            self._give_way_to(priority)
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[Slot] = loop.create_future()
        self._lines[priority].append(waiter)
        self.waiting += 1
        timer = loop.call_later(patience_s, self._refuse, waiter, priority)
        try:
            return await waiter
        except asyncio.CancelledError:
            self._abandon(waiter, priority)
            raise
        finally:
            timer.cancel()

    def leave(self, began_s: float | None) -> None:
        """One is done, or only waits from now on (None); the next may begin."""
        if began_s is not None:
            now_s = self._monotonic_s()
            self.limit.observe(now_s - began_s, self.in_flight, now_s)
        self.in_flight -= 1
        while self.waiting:
            priority = max(each for each in Priority if self._lines[each])
            if self.in_flight >= self._places(priority):
                return
            waiter = self._lines[priority][0]
            self._remove(waiter, self._lines[priority])
            waiter.set_result(self._slot())

    def _has_place(self, priority: Priority) -> bool:
        return self.in_flight < self._places(priority) and not any(self._lines[priority:])

    def _places(self, priority: Priority) -> int:
        """Who is important finds places that nobody else can have taken: as many again as the limit has."""
        return self.limit.for_important * 2 if priority >= Priority.HIGH else self.limit.current

    def _slot(self) -> Slot:
        self.in_flight += 1
        return Slot(self, self._monotonic_s())

    def _remove(self, waiter: "asyncio.Future[Slot]", line: "deque[asyncio.Future[Slot]]") -> None:
        line.remove(waiter)
        self.waiting -= 1

    def _patience_s(self, priority: Priority) -> float:
        now_s = self._monotonic_s()
        if not self.waiting:
            self._standing_since_s = now_s
        if priority >= Priority.HIGH:
            return HIGH_PATIENCE_S
        is_burst = now_s - self._standing_since_s < BURST_PATIENCE_S and now_s - self._refused_at_s >= _CALM_AFTER_S
        return BURST_PATIENCE_S if is_burst else 0.0

    def _refused(self, priority: Priority, patience_s: float) -> Overloaded | None:
        is_in_time = patience_s and self._expected_wait_s(priority) <= patience_s
        return None if is_in_time else self._refusal()

    def _expected_wait_s(self, priority: Priority) -> float:
        """Little's law: those ahead leave at the rate of `limit / latency`."""
        if not self.waiting:
            return 0.0
        ahead = sum(len(line) for line in self._lines[priority:])
        return ahead * self.limit.latency_s / self._places(priority)

    def _give_way_to(self, priority: Priority) -> None:
        for lower in Priority:
            if lower < priority and self._lines[lower]:
                self._refuse(self._lines[lower][-1], lower)
                return
        raise self._refusal()

    def _refuse(self, waiter: "asyncio.Future[Slot]", priority: Priority) -> None:
        if not waiter.done():
            self._remove(waiter, self._lines[priority])
            waiter.set_exception(self._refusal())

    def _refusal(self) -> Overloaded:
        self._refused_at_s = self._monotonic_s()
        return Overloaded()

    def _abandon(self, waiter: "asyncio.Future[Slot]", priority: Priority) -> None:
        if waiter.cancelled():
            self._remove(waiter, self._lines[priority])
        elif waiter.exception() is None:
            waiter.result().step_aside()
