"""What the simulation counted, beat by beat, folded into the steps of a record."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.simulator.serving import TIERS
from shared.domain.serving_mode import ServingMode

Floats = NDArray[np.float64]

STATE: Final = ("queued", "ready", "starting", "floor", "ceiling", "planned", "health")
COUNTED: Final = ("asked", "offered", "busy", "hits")
BY_TIER: Final = ("served", "shed", "errors")


class Beats:
    """One row for each beat of a run, those before its start too; its series are (beats, regions) and more."""

    def __init__(self, beats: int, regions: int) -> None:
        self.counted = {name: np.zeros((beats, regions)) for name in COUNTED}
        self.by_tier = {name: np.zeros((beats, regions, len(TIERS))) for name in BY_TIER}
        self.state = {name: np.zeros((beats, regions)) for name in STATE}
        self.sent = np.zeros((beats, regions, regions))
        self.dependency_failed, self.mean_ms = (np.zeros((beats, regions)) for _ in range(2))
        self.mode = np.zeros(beats, np.int64)
        self.spent, self.allowed_per_hour = np.zeros(beats), np.full(beats, np.nan)
        self._by_name = {**self.counted, **self.by_tier, **self.state}

    def keep(self, beat: int, **rows: Floats) -> None:
        """Rows of series, by their names."""
        for name, row in rows.items():
            self._by_name[name][beat] = row


class Recorder:
    """Sums of `per_step` beats; the state is that of the last one, the serving mode the highest of them."""

    def __init__(self, beats: Beats, latencies: Floats, *, first: int, beat_s: float, per_step: int) -> None:
        """From the beat `first` on; `latencies` (steps, regions, classes) are counted by step already."""
        of = len(beats.mode) - first
        starts = np.arange(0, of, per_step)
        lasts = np.minimum(starts + per_step, of) - 1

        def summed(series: Floats) -> Floats:
            return np.add.reduceat(series[first:], starts, axis=0)

        self.steps, self.per_step, self.beat_s = len(starts), per_step, beat_s
        self.beats = (lasts - starts + 1).astype(np.float64)
        self.asked, self.offered, self.busy, self.hits = (summed(beats.counted[name]) for name in COUNTED)
        self.served, self.shed, self.errors = (summed(beats.by_tier[name]) for name in BY_TIER)
        self.sent = summed(beats.sent)
        self.dependency_failed = summed(beats.dependency_failed)
        self.state = {name: series[first:][lasts] for name, series in beats.state.items()}
        self.mode = np.maximum.reduceat(beats.mode[first:], starts).astype(np.float64)
        self.mode_beats = np.bincount(beats.mode[first:], minlength=len(ServingMode)).astype(np.float64)
        self.spent, self.allowed_per_hour = (series[first:][lasts] for series in (beats.spent, beats.allowed_per_hour))
        self.latencies = latencies
