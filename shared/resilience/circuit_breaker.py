"""Stops calling what does not answer, and finds out cheaply when it does again.

Closed: calls pass, and the share of failures over the last seconds is watched. Open: calls are refused at once, for a
pause that grows from one opening to the next and is drawn at random, so that instances do not come back together.
Half-open: few calls at a time pass as probes; enough successes close, one failure opens again.
"""

import random
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from shared.errors import DependencyUnavailable

_SLOTS: Final = 10
"""The window moves in tenths of its length."""


class BreakerState(StrEnum):
    """What a breaker does with calls."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True)
class BreakerPolicy:
    """When to open and when to close.

    Opens when, over `window_s`, at least `min_calls` ended and `failure_rate` of them failed; also, for a service that
    is asked too seldom for this, when `hangs` calls in a row failed after `hang_s` or more each, however far apart.
    The first pause is up to
    `first_pause_s`, each further one up to twice as long, up to `longest_pause_s`; at least half of that in each case.
    At most `probes` calls pass at once while half-open, and as many successes close. A probe that has not ended after
    `probe_patience_s` counts as failed.
    """

    window_s: float = 10.0
    min_calls: int = 8
    failure_rate: float = 0.5
    hangs: int = 3
    hang_s: float = 5.0  # half of what adapters go on for at least: what fails sooner was refused, and costs little
    first_pause_s: float = 1.0
    longest_pause_s: float = 30.0
    probes: int = 3
    probe_patience_s: float = 30.0


class CircuitOpen(DependencyUnavailable):
    """A dependency failed too often of late: it was not asked."""

    def __init__(self, name: str, retry_after_s: float) -> None:
        super().__init__(f"{name} does not answer; it is asked again in {retry_after_s:.1f} s")
        self.retry_after_s = retry_after_s


@dataclass(frozen=True, slots=True)
class Admission:
    """Leave to make one call, given in one state of the breaker: once that has passed, its end says nothing."""

    epoch: int
    at_s: float


@dataclass(slots=True)
class _Slot:
    number: int
    succeeded: int = 0
    failed: int = 0


class CircuitBreaker:
    """One dependency's breaker; safe to use from several threads. `on_change` hears of every new state, in order."""

    def __init__(
        self,
        name: str,
        policy: BreakerPolicy = BreakerPolicy(),
        *,
        monotonic_s: Callable[[], float] = time.monotonic,
        share: Callable[[], float] = random.random,
        on_change: Callable[[BreakerState], None] = lambda _: None,
    ) -> None:
        self.name = name
        self._policy = policy
        self._monotonic_s = monotonic_s
        self._share = share
        self._on_change = on_change
        self._lock = threading.Lock()
        self._state = BreakerState.CLOSED
        self._epoch = 0
        self._window: deque[_Slot] = deque()
        self._hung = self._openings = 0
        self._ask_again_s = 0.0
        self._probing = self._probed = 0
        self._probe_began_s = 0.0

    @property
    def state(self) -> BreakerState:
        """What it does with calls now; open also when a pause is over and nobody has called since."""
        return self._state

    @property
    def is_refusing(self) -> bool:
        """Whether a call would be refused now, because its pause is not over; asking does not count as calling."""
        with self._lock:
            return self._state is BreakerState.OPEN and self._monotonic_s() < self._ask_again_s

    def admit(self) -> Admission:
        """Leave to call. Whoever has it must `settle` it.

        Raises:
            CircuitOpen: not now; it says when.
        """
        with self._lock:
            now_s = self._monotonic_s()
            if self._state is BreakerState.CLOSED:
                return Admission(self._epoch, now_s)
            if self._state is BreakerState.OPEN and now_s >= self._ask_again_s:
                self._become(BreakerState.HALF_OPEN)
            if self._state is BreakerState.HALF_OPEN:
                self._give_up_on_probes(now_s)
            if self._state is BreakerState.OPEN:
                raise CircuitOpen(self.name, self._ask_again_s - now_s)
            if self._probing >= self._policy.probes:
                raise CircuitOpen(self.name, self._policy.first_pause_s)
            self._probing += 1
            self._probe_began_s = now_s
            return Admission(self._epoch, now_s)

    def settle(self, admission: Admission, *, succeeded: bool | None) -> None:
        """Say how a call ended; None: in a way that says nothing of the dependency."""
        with self._lock:
            if admission.epoch != self._epoch:
                return
            if self._state is BreakerState.HALF_OPEN:
                self._settle_probe(succeeded=succeeded)
            elif succeeded is not None:
                self._settle_call(self._monotonic_s() - admission.at_s, succeeded=succeeded)

    def _settle_call(self, took_s: float, *, succeeded: bool) -> None:
        slot = self._slot()
        if succeeded:
            slot.succeeded += 1
            self._hung = 0
            return
        slot.failed += 1
        self._hung += took_s >= self._policy.hang_s
        failed = sum(each.failed for each in self._window)
        ended = failed + sum(each.succeeded for each in self._window)
        is_failing = ended >= self._policy.min_calls and failed >= self._policy.failure_rate * ended
        if is_failing or self._hung >= self._policy.hangs:
            self._open()

    def _settle_probe(self, *, succeeded: bool | None) -> None:
        self._probing -= 1
        if succeeded is False:
            self._open()
        elif succeeded:
            self._probed += 1
            if self._probed >= self._policy.probes:
                self._openings = 0
                self._become(BreakerState.CLOSED)

    def _give_up_on_probes(self, now_s: float) -> None:
        if self._probing >= self._policy.probes and now_s - self._probe_began_s > self._policy.probe_patience_s:
            self._open()

    def _open(self) -> None:
        longest_s = min(self._policy.first_pause_s * 2**self._openings, self._policy.longest_pause_s)
        self._openings = min(self._openings + 1, 32)
        self._ask_again_s = self._monotonic_s() + longest_s * (0.5 + 0.5 * self._share())
        self._become(BreakerState.OPEN)

    def _become(self, state: BreakerState) -> None:
        self._state = state
        self._epoch += 1
        self._window.clear()
        self._hung = self._probing = self._probed = 0
        self._on_change(state)

    def _slot(self) -> _Slot:
        """The slot of now; those that have left the window are gone."""
        number = int(self._monotonic_s() / self._policy.window_s * _SLOTS)
        while self._window and self._window[0].number <= number - _SLOTS:
            self._window.popleft()
        if not self._window or self._window[-1].number != number:
            self._window.append(_Slot(number))
        return self._window[-1]
