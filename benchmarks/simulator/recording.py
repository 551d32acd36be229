"""What the simulation counted, beat by beat, folded into the steps of a record."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.simulator.latency import BOUNDS_MS
from benchmarks.simulator.serving import TIERS
from benchmarks.simulator.work import Done
from shared.domain.serving_mode import ServingMode

Floats = NDArray[np.float64]

STATE: Final = ("queued", "ready", "starting", "floor", "ceiling", "planned", "health")


@dataclass(frozen=True)
class Beat:
    """A beat of all regions: what was asked and done, and the state at its end."""

    asked: Floats
    done: Done
    queued: Floats
    ready: Floats
    starting: Floats
    floor: Floats
    ceiling: Floats
    planned: Floats
    health: Floats
    sent: Floats
    mode: int
    spent: float
    allowed_per_hour: float | None


class Recorder:
    """Sums of `per_step` beats; the state is that of the last one, the serving mode the highest of them."""

    def __init__(self, regions: int, beats: int, beat_s: float, per_step: int) -> None:
        self.steps, self.per_step, self.beat_s = -(-beats // per_step), per_step, beat_s
        shape = (self.steps, regions)
        self.beats = np.zeros(self.steps)
        self.asked, self.offered, self.busy, self.hits = (np.zeros(shape) for _ in range(4))
        self.served, self.shed, self.errors = (np.zeros((*shape, len(TIERS))) for _ in range(3))
        self.latencies = np.zeros((*shape, len(BOUNDS_MS)))
        self.sent = np.zeros((*shape, regions))
        self.state = {name: np.zeros(shape) for name in STATE}
        self.mode, self.mode_beats = np.zeros(self.steps), np.zeros(len(ServingMode))
        self.spent, self.allowed_per_hour = np.zeros(self.steps), np.full(self.steps, np.nan)

    def add(self, number: int, beat: Beat) -> None:
        """One beat more."""
        step, done = number // self.per_step, beat.done
        self.beats[step] += 1
        self.asked[step] += beat.asked
        self.offered[step] += done.offered
        self.served[step] += done.served
        self.shed[step] += done.shed
        self.errors[step] += done.failed
        self.latencies[step] += done.latencies
        self.busy[step] += done.busy
        self.hits[step] += done.hits
        self.sent[step] += beat.sent
        for name, series in self.state.items():
            series[step] = getattr(beat, name)
        self.mode[step] = max(self.mode[step], beat.mode)
        self.mode_beats[beat.mode] += 1
        self.spent[step] = beat.spent
        if beat.allowed_per_hour is not None:
            self.allowed_per_hour[step] = beat.allowed_per_hour
