"""So many calls at once in threads, and no more. Its twin for event loops: `swell.client.aio.side_by_side`."""

from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Generic, Self, TypeVar

T = TypeVar("T")


class SideBySide(Generic[T]):
    """At most `limit` calls at a time; calls that name the same thing are made one after the other.

    Leaving the block waits for all. The first error ends it: nothing more is begun, what is under way is waited for.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._pool = ThreadPoolExecutor(limit, thread_name_prefix="swell")
        self._under_way: dict[Future[T], frozenset[str]] = {}
        self.results: list[T] = []

    def start(self, call: Callable[[], T], names: frozenset[str]) -> None:
        """Begin a call as soon as there is room for it. Raises what an earlier one raised."""
        while len(self._under_way) >= self._limit or any(not names.isdisjoint(one) for one in self._under_way.values()):
            self._settle()
        self._under_way[self._pool.submit(call)] = names

    def _settle(self) -> None:
        done, _ = wait(self._under_way, return_when=FIRST_COMPLETED)
        for future in done:
            del self._under_way[future]
            self.results.append(future.result())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, failure: type[BaseException] | None, *_: object) -> None:
        try:
            while self._under_way and failure is None:
                self._settle()
        finally:
            self._pool.shutdown()
