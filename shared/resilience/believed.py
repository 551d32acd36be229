"""Small values read from a store and believed for a while, for use on the event loop.

A value that is asked for often is read again before its time is up, while the old one is still given: no request waits
for it. While the store is away, what was seen last goes on being believed, up to a stated age.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from enum import Enum
from typing import Final, Generic, TypeVar

from shared.errors import DependencyUnavailable

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Unknown(Enum):
    """The type of `UNKNOWN`."""

    UNKNOWN = "unknown"


UNKNOWN: Final = Unknown.UNKNOWN
"""Nothing is known that is new enough."""

_AWAY_S: Final = 1.0


@dataclass(frozen=True)
class Lifetimes:
    """How old a value may be when it is given.

    Up to `refresh_after_s` it is given as it is; up to `believed_s` it is given and read again; after that it is read
    first, but if the store does not answer within `patience_s` it is given all the same, up to `outage_s`; and no
    other request waits for the store during the next second.
    """

    refresh_after_s: float
    believed_s: float
    outage_s: float
    patience_s: float = 0.25


@dataclass(frozen=True, slots=True)
class _Held(Generic[V]):
    value: V
    at_s: float


class Believed(Generic[K, V]):
    """Values by key. `load` may block and raise `DependencyUnavailable`; it runs in a thread, once at a time a key."""

    def __init__(
        self,
        load: Callable[[K], V],
        lifetimes: Lifetimes,
        *,
        capacity: int = 10_000,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._load = load
        self._lifetimes = lifetimes
        self._capacity = capacity
        self._monotonic_s = monotonic_s
        self._held: OrderedDict[K, _Held[V]] = OrderedDict()
        self._loading: dict[K, asyncio.Task[V]] = {}
        self._away_until_s = 0.0

    def peek(self, key: K) -> V | Unknown:
        """The value as far as it is known without waiting."""
        held = self._held.get(key)
        if held is None:
            return UNKNOWN
        age_s = self._monotonic_s() - held.at_s
        if age_s <= self._lifetimes.refresh_after_s:
            return held.value
        if age_s > self._lifetimes.believed_s:
            return UNKNOWN
        self._task(key)
        return held.value

    def holds(self, key: K) -> bool:
        """Whether a value was ever read, however old it is by now."""
        return key in self._held

    async def get(self, key: K) -> V:
        """The value, read from the store where it must be.

        Raises:
            DependencyUnavailable: the store does not answer, and nothing was seen that may still be believed.
        """
        known = self.peek(key)
        if not isinstance(known, Unknown):
            return known
        held, now_s = self._held.get(key), self._monotonic_s()
        task = self._task(key)
        if held is None or now_s - held.at_s > self._lifetimes.outage_s:
            return await asyncio.shield(task)
        if now_s >= self._away_until_s:
            done, _ = await asyncio.wait([task], timeout=self._lifetimes.patience_s)
            if done and not isinstance(task.exception(), DependencyUnavailable):
                return task.result()
            self._away_until_s = self._monotonic_s() + _AWAY_S
        return held.value

    def _task(self, key: K) -> asyncio.Task[V]:
        loop = asyncio.get_running_loop()
        task = self._loading.get(key)
        if task is None or task.done() or task.get_loop() is not loop:
            task = self._loading[key] = loop.create_task(self._read(key))
            task.add_done_callback(_observe)
        return task

    async def _read(self, key: K) -> V:
        asked_s = self._monotonic_s()  # before asking: what changes meanwhile must count as unseen
        try:
            value = await asyncio.get_running_loop().run_in_executor(None, self._load, key)
        finally:
            self._loading.pop(key, None)
        self._held[key] = _Held(value, asked_s)
        self._held.move_to_end(key)
        while len(self._held) > self._capacity:
            self._held.popitem(last=False)
        return value


def _observe(task: "asyncio.Task[V]") -> None:
    """A read ahead that fails is tried again with the next request; nobody need hear of it now."""
    if not task.cancelled():
        task.exception()
