"""Two requests for one answer, in threads. Its twin for event loops: `swell.client.aio.racing`."""

import threading
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Final, TypeVar

T = TypeVar("T")

_AT_ONCE: Final = 64
"""Requests that are under way; beyond them a request waits for a thread, and so long it is not asked twice."""


class Racing:
    """Asks a second time where the first answer is late; the first good answer counts.

    The other request ends in its thread, and its answer is thrown away: a thread cannot be interrupted.
    """

    def __init__(self) -> None:
        self._pool: ThreadPoolExecutor | None = None
        self._lock = threading.Lock()

    def race(
        self, first: Callable[[], T], second: Callable[[], T], delay_s: float, may_ask_again: Callable[[], bool]
    ) -> tuple[T, bool]:
        """The answer, and whether it is the second request's. Raises what the first one raised, if both fail."""
        pool = self._threads()
        asked: list[Future[T]] = [pool.submit(first)]
        wait(asked, timeout=delay_s)
        if not asked[0].done() and may_ask_again():
            asked.append(pool.submit(second))
        waiting = set(asked)
        while waiting:
            done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            good = [future for future in done if future.exception() is None]
            if good:
                for future in waiting:
                    future.cancel()
                return good[0].result(), good[0] is not asked[0]
        return asked[0].result(), False

    def close(self) -> None:
        """End the threads; what is under way in them is waited for."""
        if self._pool is not None:
            self._pool.shutdown()

    def _threads(self) -> ThreadPoolExecutor:
        with self._lock:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="swell-hedge")
            return self._pool
