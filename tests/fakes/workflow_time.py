"""Time for workflows that passes only while somebody waits, and at once."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from swell.local.workflows.timing import Stop
from tests.fakes.clock import FrozenClock


class VirtualTime:
    """Waiting takes no time and moves the clock on; `waits` are the seconds waited, in order."""

    def __init__(self, clock: FrozenClock | None = None) -> None:
        self._clock = clock or FrozenClock()
        self._guard = threading.Lock()
        self.waits: list[float] = []

    def now(self) -> datetime:
        """As the protocol."""
        return self._clock.now()

    def wait_until(self, moment: datetime, stop: Stop, done: Callable[[], bool] = lambda: False) -> None:
        """As the protocol."""
        stop.check()
        if done():
            return
        with self._guard:
            left = moment - self._clock.now()
            self.waits.append(left.total_seconds())
            self._clock.advance(max(left, timedelta()))
