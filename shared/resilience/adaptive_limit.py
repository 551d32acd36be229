"""How many requests an instance works on at once, found from how long they take.

By Little's law the work in progress is throughput times latency: beyond the point at which throughput stops growing,
more of it only makes every answer slower. So the limit follows the gradient of the latency: the least that was seen
lately, divided by that of now. The control law is that of Gradient2 in Netflix's concurrency-limits. Its long average,
which a long overload teaches that slow is normal, is replaced by BBR's idea (Cardwell et al., 2016): a baseline that
is too old is measured anew, by a moment at the least limit. Who is important is not stopped for it, as long as there
are few of them: else those that come in this moment would wait until everything that is under way has ended.
"""

import math
from dataclasses import dataclass
from enum import IntEnum


@dataclass(frozen=True)
class LimitTuning:
    """The constants of the control law."""

    initial: int = 16
    least: int = 1
    most: int = 64  # below the concurrency that topology.yaml gives an instance, so that refusals find a place
    tolerance: float = 1.5  # Gradient2's: latency may be this many times the baseline before the limit gives in
    smoothing: float = 0.2  # Gradient2's: the share of a new limit in the next one
    window_s: float = 0.1
    least_samples: int = 8
    baseline_for_s: float = 10.0  # BBR's lifetime of its least round trip


class _Probe(IntEnum):
    """For whom the limit is at its least, to measure without load."""

    NOBODY = 0
    ORDINARY = 1
    ALL = 2


class AdaptiveLimit:
    """The limit of one lane. Moments are monotonic seconds, given by the caller; not safe to use from two threads."""

    def __init__(self, tuning: LimitTuning | None = None) -> None:
        self._tuning = tuning or LimitTuning()
        self._limit = float(self._tuning.initial)
        self._baseline_s: float | None = None
        self._baseline_at_s = -math.inf
        self._probe = _Probe.NOBODY
        self._crowded = 0
        self._samples: list[float] = []
        self._most_in_flight = 0
        self._window_began_s = -math.inf
        self.latency_s = 0.0

    @property
    def current(self) -> int:
        """How many requests may be in progress."""
        return self._tuning.least if self._probe else int(self._limit)

    @property
    def for_important(self) -> int:
        """The same for those that are not to wait while a baseline is measured."""
        return self._tuning.least if self._probe is _Probe.ALL else int(self._limit)

    def observe(self, took_s: float, in_flight: int, now_s: float) -> None:
        """Count a request that ends now and took this long, of as many in progress, itself included."""
        if self._probe is _Probe.ORDINARY and in_flight > self._idle_up_to:
            self._crowded += 1  # from before, or important
            if self._crowded > self._tuning.most:  # nothing from before is left: the important are a crowd themselves
                self._probe = _Probe.ALL
            return
        if not self._samples:
            self._window_began_s = now_s
        self._samples.append(took_s)
        self._most_in_flight = max(self._most_in_flight, in_flight)
        if len(self._samples) >= self._tuning.least_samples and now_s - self._window_began_s >= self._tuning.window_s:
            self._close_window(now_s)

    def _close_window(self, now_s: float) -> None:
        self.latency_s = sorted(self._samples)[len(self._samples) // 2]
        was_probing, most_in_flight = bool(self._probe), self._most_in_flight
        self._samples, self._most_in_flight, self._probe = [], 0, _Probe.NOBODY
        if was_probing or self._baseline_s is None or self.latency_s <= self._baseline_s:
            self._set_baseline(self.latency_s, now_s, is_unloaded=was_probing or most_in_flight <= self._idle_up_to)
        elif most_in_flight <= self._idle_up_to:
            self._set_baseline(0.8 * self._baseline_s + 0.2 * self.latency_s, now_s, is_unloaded=True)
        if most_in_flight * 2 >= self._limit and not was_probing:
            self._move()
            if now_s - self._baseline_at_s > self._tuning.baseline_for_s:
                self._probe, self._crowded = _Probe.ORDINARY, 0

    @property
    def _idle_up_to(self) -> int:
        return self._tuning.least + 1

    def _set_baseline(self, latency_s: float, now_s: float, *, is_unloaded: bool) -> None:
        self._baseline_s = latency_s
        if is_unloaded:  # else it is the least seen so far, and still to be measured without load
            self._baseline_at_s = now_s

    def _move(self) -> None:
        assert self._baseline_s is not None  # noqa: S101 - a window has closed
        tuning = self._tuning
        gradient = min(1.0, max(0.5, tuning.tolerance * self._baseline_s / max(self.latency_s, 1e-9)))
        wanted = self._limit * gradient + math.sqrt(self._limit)
        moved = (1 - tuning.smoothing) * self._limit + tuning.smoothing * wanted
        self._limit = min(max(moved, tuning.least), tuning.most)
