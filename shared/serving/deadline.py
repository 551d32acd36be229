"""The moment after which nobody waits for an answer any more."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from starlette.concurrency import run_in_threadpool

from shared.serving.errors import DeadlineExceeded

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Deadline:
    """`timeout_ms` after the request's arrival, in monotonic seconds."""

    at_s: float
    timeout_ms: int
    monotonic_s: Callable[[], float] = time.monotonic

    @property
    def remaining_s(self) -> float:
        """What is left; not less than nothing."""
        return max(0.0, self.at_s - self.monotonic_s())

    @property
    def exceeded(self) -> DeadlineExceeded:
        """What to raise when it has passed."""
        return DeadlineExceeded(f"the request was not answered within its {self.timeout_ms} ms")

    def check(self) -> None:
        """Return while there is time.

        Raises:
            DeadlineExceeded: there is none left.
        """
        if self.monotonic_s() > self.at_s:
            raise self.exceeded


async def in_thread(act: Callable[[], T], deadline: Deadline) -> T:
    """What `act` comes to. A store that hangs keeps its thread, and nobody waits for that past the deadline.

    Raises:
        DeadlineExceeded: it has not ended by then; it goes on.
    """
    task = asyncio.get_running_loop().create_task(run_in_threadpool(act))
    task.add_done_callback(lambda ended: ended.cancelled() or ended.exception())  # also where nobody waits any more
    return await awaited(task, deadline)


async def awaited(task: "asyncio.Task[T]", deadline: Deadline) -> T:
    """What a task comes to, which others may wait for as well: it goes on when one of them goes away.

    Raises:
        DeadlineExceeded: it has not ended by then.
    """
    done, _ = await asyncio.wait([task], timeout=deadline.remaining_s)
    if not done:
        raise deadline.exceeded
    return task.result()
