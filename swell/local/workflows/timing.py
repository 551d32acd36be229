"""Time as an execution sees it: the machine's, the machine's made shorter, or a test's."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from swell.local.crowd_clock import CrowdClock, pause_s
from swell.local.workflows.failure import Cancelled, Interrupted

_LOOK_S: Final = 0.25


class Stop:
    """Whether an execution is to end before its time, and why."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._reason: type[Cancelled | Interrupted] = Interrupted

    def cancel(self) -> None:
        """End it for good."""
        self._reason = Cancelled
        self._event.set()

    def interrupt(self) -> None:
        """End it in this process; it goes on in the next."""
        self._event.set()

    def check(self) -> None:
        """Return if it may go on.

        Raises:
            Cancelled: it was cancelled.
            Interrupted: this process ends.
        """
        if self._event.is_set():
            raise self._reason

    def wait(self, seconds: float) -> None:
        """Wait so long at most.

        Raises:
            Cancelled: it was cancelled.
            Interrupted: this process ends.
        """
        self._event.wait(seconds)
        self.check()


class Time(Protocol):
    """What an execution knows of time."""

    def now(self) -> datetime:
        """An aware datetime in UTC."""
        ...

    def wait_until(self, moment: datetime, stop: Stop, done: Callable[[], bool] = lambda: False) -> None:
        """Return at the moment, or as soon as `done`.

        Raises:
            Cancelled: the execution was cancelled meanwhile.
            Interrupted: this process ends.
        """
        ...


def moment_after(time: Time, seconds: float) -> str:
    """The moment so many seconds from now, as a journal keeps it."""
    return (time.now() + timedelta(seconds=seconds)).isoformat()


class WallTime:
    """The machine's clock. With `speed` 60 an hour of waiting takes a minute: rehearsals need no patience."""

    def __init__(self, speed: float = 1.0) -> None:
        self._speed = speed
        self._began = datetime.now(UTC)

    def now(self) -> datetime:
        """As the protocol."""
        real = datetime.now(UTC)
        return self._began + (real - self._began) * self._speed

    def wait_until(self, moment: datetime, stop: Stop, done: Callable[[], bool] = lambda: False) -> None:
        """As the protocol."""
        stop.check()
        while not done() and (left := (moment - self.now()) / timedelta(seconds=1)) > 0:
            stop.wait(min(left / self._speed, _LOOK_S))


class SetTime:
    """The crowd clock of this machine, which may be set while something waits for it."""

    def __init__(self, clock: CrowdClock) -> None:
        self._clock = clock

    def now(self) -> datetime:
        """As the protocol."""
        return self._clock.now()

    def wait_until(self, moment: datetime, stop: Stop, done: Callable[[], bool] = lambda: False) -> None:
        """As the protocol."""
        stop.check()
        while not done() and (left := moment - self.now()) > timedelta(0):
            stop.wait(pause_s(self._clock, left))
