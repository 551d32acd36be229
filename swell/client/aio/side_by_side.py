"""So many calls at once on an event loop, and no more. Its twin for threads: `swell.client.side_by_side`."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, Self, TypeVar

T = TypeVar("T")


class AsyncSideBySide(Generic[T]):
    """At most `limit` calls at a time; calls that name the same thing are made one after the other.

    Leaving the block waits for all. The first error ends it: nothing more is begun, what is under way is waited for.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._under_way: dict[asyncio.Task[T], frozenset[str]] = {}
        self.results: list[T] = []

    async def start(self, call: Callable[[], Awaitable[T]], names: frozenset[str]) -> None:
        """Begin a call as soon as there is room for it. Raises what an earlier one raised."""
        while len(self._under_way) >= self._limit or any(not names.isdisjoint(one) for one in self._under_way.values()):
            await self._settle()

        async def run() -> T:
            return await call()

        self._under_way[asyncio.create_task(run())] = names

    async def _settle(self) -> None:
        done, _ = await asyncio.wait(self._under_way, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            del self._under_way[task]
            self.results.append(task.result())

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, failure: type[BaseException] | None, *_: object) -> None:
        try:
            while self._under_way and failure is None:
                await self._settle()
        finally:
            await asyncio.gather(*self._under_way, return_exceptions=True)
