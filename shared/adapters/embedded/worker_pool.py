"""Threads that are started when they are first needed and never keep the process alive."""

import threading
from collections.abc import Callable
from queue import SimpleQueue


class WorkerPool:
    """Runs jobs on daemon threads, at most `limit` at a time; a job must not raise.

    `concurrent.futures` would hold up the end of the process until a job that hangs returns.
    """

    def __init__(self, name: str, limit: int) -> None:
        self._name = name
        self._limit = limit
        self._jobs: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._guard = threading.Lock()
        self._idle = 0
        self._threads = 0

    def submit(self, job: Callable[[], None]) -> None:
        """Run a job on an idle thread, a new one, or when one becomes idle."""
        with self._guard:
            if self._idle:
                self._idle -= 1
            elif self._threads < self._limit:
                self._threads += 1
                threading.Thread(target=self._work, name=f"{self._name}-{self._threads}", daemon=True).start()
        self._jobs.put(job)

    def close(self) -> None:
        """End each thread after its job."""
        with self._guard:
            for _ in range(self._threads):
                self._jobs.put(None)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()
            with self._guard:
                self._idle += 1
