"""Group commit: deliveries that arrive together are committed together."""

from collections import deque
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Future
from threading import Lock
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")
R = TypeVar("R")


class GroupCommit(Generic[K, T, R]):
    """Runs `commit(key, items)` for one group a key at a time; what arrives meanwhile forms the next group.

    `commit` answers each item with a result or with the error to raise to its submitter, so that
    one bad item does not fail its neighbours. A lone item is committed at once: nothing waits for company.
    """

    def __init__(self, commit: Callable[[K, Sequence[T]], Sequence[R | Exception]], max_group: int) -> None:
        self._commit = commit
        self._max_group = max_group
        self._lock = Lock()
        self._waiting: dict[K, deque[tuple[T, Future[R | Exception | None]]]] = {}

    def submit(self, key: K, item: T) -> R:
        """Commit `item` in some group of `key` and return its result; what `commit` raises, all of its group raise."""
        future: Future[R | Exception | None] = Future()
        with self._lock:
            leads = key not in self._waiting
            self._waiting.setdefault(key, deque()).append((item, future))
        # None hands this thread the lead; each leader commits one group, its own item first, and passes the lead on.
        result = None if leads else future.result()
        if result is None:
            result = self._lead(key)
        if isinstance(result, Exception):
            raise result
        return result

    def waiting(self, key: K) -> list[T]:
        """What waits for the next group of a key."""
        with self._lock:
            return [item for item, _ in self._waiting.get(key, ())]

    def _lead(self, key: K) -> R | Exception:
        with self._lock:
            queue = self._waiting[key]
            group = [queue.popleft() for _ in range(min(len(queue), self._max_group))]
        try:
            results = self._commit(key, [item for item, _ in group])
            for (_, future), result in zip(group[1:], results[1:], strict=True):
                future.set_result(result)
            return results[0]
        except BaseException as error:
            for _, future in group[1:]:
                future.set_exception(error)
            raise
        finally:
            self._pass_lead(key)

    def _pass_lead(self, key: K) -> None:
        with self._lock:
            queue = self._waiting[key]
            if queue:
                queue[0][1].set_result(None)
            else:
                del self._waiting[key]
