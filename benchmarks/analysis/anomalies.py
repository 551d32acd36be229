"""Spikes, drops and change points of the series, as intervals, each with what moved at the same time."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from benchmarks.rehearsal.result import Run
from benchmarks.rehearsal.series import array, total

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Kind = Literal["spike", "drop", "change"]

MOST: Final = 12
_FAR: Final = 6.0
"""Robust standard deviations from the median of the steps around."""
_FAR_IN_LOGS: Final = 4.5
_LEAST: Final = 0.25
"""And so far from it as a share: what is steady to a thousandth does not make a spike of a hundredth."""
_AROUND: Final = 15
_LITTLE: Final = 0.02
"""Of the highest value of a signal: below it, how many times as much says nothing."""
_TRIFLE: Final = {"errors": ("asked", 0.001), "shed": ("asked", 0.001), "starting": ("actual", 0.05)}
"""What of a signal is nothing: such a share of another one's median."""
_COUNTED: Final = frozenset({"asked", "served", "errors", "shed"})
"""Requests: however even they come, a step has its root of them more or less."""
_SHIFT: Final = 0.3
_LEAST_SHIFT: Final = 0.15
_CLEAR: Final = 5.0
"""A smaller shift than `_SHIFT` is one by so many times what neighbouring medians usually differ.

Noise that lasts and a slope differ from one to the next, too: they are no shift.
"""
_MIN_SEGMENT: Final = 8


@dataclass(frozen=True)
class Anomaly:
    """Steps `[begin, end)` of a signal: what it came to, what it is around; `beside`: what moved at the same time."""

    signal: str
    kind: Kind
    begin: int
    end: int
    reached: float
    usual: float
    beside: tuple[str, ...] = ()

    def size(self, least: float) -> float:
        """How many times, up or down; what is below `least` counts as that."""
        return abs(float(np.log(max(self.reached, least) / max(self.usual, least))))


def signals(run: Run) -> dict[str, Floats]:
    """What is looked at."""
    world = run.world
    return {
        "asked": array(world.asked_rps),
        "served": array(world.served_rps),
        "errors": array(world.errors_rps),
        "shed": array(total(world.shed_rps)),
        "p99": array(world.p99_ms),
        "actual": array(world.instances.actual),
        "starting": array(world.instances.starting),
    }


def anomalies(run: Run) -> tuple[Anomaly, ...]:
    """The largest ones, in the order of time."""
    found = signals(run)
    alone = []
    for name, series in found.items():
        trifle = _trifle(name, found)
        one = run.meta.scale / run.axis.step_s if name in _COUNTED else 0.0
        alone += [*spikes(name, series, trifle=trifle, one=one), *changes(name, series, trifle=trifle)]
    least = {name: _LITTLE * max(float(np.nan_to_num(series).max(initial=0.0)), 1e-9) for name, series in found.items()}
    largest = sorted(alone, key=lambda one: -one.size(least[one.signal]))[:MOST]
    return tuple(sorted((_with_beside(one, alone) for one in largest), key=lambda one: one.begin))


def _trifle(name: str, found: dict[str, Floats]) -> float:
    if name not in _TRIFLE:
        return 0.0
    other, share = _TRIFLE[name]
    return share * float(np.median(np.nan_to_num(found[other])))


def spikes(name: str, series: Floats, *, trifle: float = 0.0, one: float = 0.0) -> list[Anomaly]:
    """Runs of steps that are far from the median around them, by more than a `trifle`.

    In logarithms, too, against the spread around and that of the whole: times to answer are skewed, and what is far
    on their long side is usual. `one`: what a single request makes of a step's value, where it is a rate of requests.
    """
    known = _known(series)
    if len(known) < 2 * _MIN_SEGMENT:
        return []
    width = min(_AROUND, len(known) // 2) * 2 + 1
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(known, width // 2, mode="reflect"), width)
    usual = np.median(windows, axis=1)
    spread = 1.4826 * np.median(np.abs(windows - usual[:, None]), axis=1)
    spread = np.maximum(spread, np.sqrt(one * np.maximum(usual, one)))
    nothing = max(trifle, 1e-3 * max(1.0, float(known.max(initial=0.0))))
    floor = np.maximum(_LEAST * np.abs(usual), nothing)
    away = known - usual
    is_far = (np.abs(away) > np.maximum(_FAR * spread, floor)) & _is_far_in_logs(known, windows, nothing)
    far = np.sign(away) * is_far
    return [
        Anomaly(name, "spike" if far[begin] > 0 else "drop", begin, end, *_level(known[begin:end], usual[begin]))
        for begin, end in _stretches(far)
        if end - begin <= width // 2
    ]


def _is_far_in_logs(known: Floats, windows: Floats, nothing: float) -> Flags:
    logs, around = (np.log(np.maximum(values, nothing)) for values in (known, windows))
    usual = np.median(around, axis=1)
    spread = 1.4826 * np.median(np.abs(around - usual[:, None]), axis=1)
    away = np.abs(logs - usual)
    far: Flags = away > _FAR_IN_LOGS * np.maximum(spread, 1.4826 * float(np.median(away)))
    return far


def changes(name: str, series: Floats, *, trifle: float = 0.0) -> list[Anomaly]:
    """Steps from which on the level is another: binary segmentation by the sum of squares, tested by what is saved.

    The steps just before and just after have to differ as well: a slow rise is no step.
    """
    known = _known(series)
    if len(known) < 2 * _MIN_SEGMENT or not known.any():
        return []
    points = sorted(_split(known, 0, len(known)))
    edges = [0, *points, len(known)]
    levels = [float(np.median(known[a:b])) for a, b in pairwise(edges)]
    clear = _CLEAR * _usual_shift(known)
    found = []
    for point, before, after in zip(points, levels, levels[1:], strict=False):
        near = known[point - _MIN_SEGMENT : point], known[point : point + _MIN_SEGMENT]
        steps = (before, after), (float(np.median(near[0])), float(np.median(near[1])))
        if all(abs(b - a) > max(_told_from(max(abs(a), abs(b)), clear), trifle) for a, b in steps):
            found.append(Anomaly(name, "change", point, point + 1, after, before))
    return found


def _told_from(level: float, clear: float) -> float:
    return min(_SHIFT * level, max(_LEAST_SHIFT * level, clear))


def _usual_shift(known: Floats) -> float:
    """What the medians of so many steps before and after a point differ by: a robust standard deviation of it."""
    medians = np.median(np.lib.stride_tricks.sliding_window_view(known, _MIN_SEGMENT), axis=1)
    return 1.4826 * float(np.median(np.abs(medians[_MIN_SEGMENT:] - medians[:-_MIN_SEGMENT])))


def _known(series: Floats) -> Floats:
    """What is not known is as what is before and after it, no drop to 0; nothing known: 0."""
    is_known = np.isfinite(series)
    if not is_known.any():
        return np.zeros(len(series))
    at = np.arange(len(series))
    filled: Floats = np.interp(at, at[is_known], series[is_known])
    return filled


def _split(series: Floats, begin: int, end: int) -> list[int]:
    part = series[begin:end]
    count = len(part)
    if count < 2 * _MIN_SEGMENT:
        return []
    sums = np.cumsum(part)
    left = np.arange(1, count)
    gain = (sums[:-1] - left * sums[-1] / count) ** 2 * count / (left * (count - left))
    gain[: _MIN_SEGMENT - 1] = gain[count - _MIN_SEGMENT :] = 0.0
    best = int(np.argmax(gain))
    noise = float(np.median(np.abs(np.diff(part))) / 0.954) ** 2
    if gain[best] <= 12.0 * max(noise, 1e-12) * np.log(count):
        return []
    point = begin + best + 1
    return [*_split(series, begin, point), point, *_split(series, point, end)]


def _stretches(signs: Floats) -> list[tuple[int, int]]:
    """Stretches of one sign that is not 0."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0.0], signs, [0.0]])))
    return [(int(a), int(b)) for a, b in pairwise(edges) if signs[a]]


def _level(values: Floats, usual: float) -> tuple[float, float]:
    return float(values[np.argmax(np.abs(values - usual))]), float(usual)


def _with_beside(one: Anomaly, others: list[Anomaly]) -> Anomaly:
    near = {
        other.signal
        for other in others
        if other.signal != one.signal and other.begin < one.end + 2 and one.begin < other.end + 2
    }
    return Anomaly(one.signal, one.kind, one.begin, one.end, one.reached, one.usual, tuple(sorted(near)))
