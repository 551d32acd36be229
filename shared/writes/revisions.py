"""Revisions: which of two writes of one record came later."""

from threading import Lock

from shared.ports.clock import Clock


class Revisions:
    """Microseconds since 1970, strictly increasing on this instance.

    Two writes that one client makes one after the other through two instances are ordered as long as
    the instances' clocks differ by less than the time of the first write's answer.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = Lock()
        self._last = 0

    def next(self) -> int:
        """The next revision."""
        now_us = int(self._clock.now().timestamp() * 1_000_000)
        with self._lock:
            self._last = max(self._last + 1, now_us)
            return self._last
