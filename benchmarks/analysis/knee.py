"""The Universal Scalability Law through a sweep of concurrency: where more callers at once no longer help.

Throughput of n callers is `rate n / (1 + contention (n - 1) + coherency n (n - 1))` (Gunther). It peaks at
`sqrt((1 - contention) / coherency)`; without coherency it only flattens, towards `rate / contention`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, log
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.analysis.intervals import Interval
from benchmarks.rehearsal.comparison import Interval as Change

Floats = NDArray[np.float64]

LEAST_POINTS: Final = 4
_REFUSED: Final = 0.01
_LARGEST_LOG: Final = 50.0
_LITTLE_WITHIN: Final = 0.1


@dataclass(frozen=True)
class Point:
    """Answers a second and their mean time, of so many callers who each wait for an answer before they ask again."""

    callers: int
    per_s: float
    mean_ms: float
    refused: float = 0.0
    """The share of requests that got no good answer: a server that sheds load is not that which the law describes."""

    @property
    def in_flight(self) -> float:
        """By Little's law: the rate times the time that each takes."""
        return self.per_s * self.mean_ms / 1000

    @property
    def consistent(self) -> bool:
        """Little's law holds: what is counted as under way is what was. Else a figure of the sweep is wrong."""
        return abs(self.in_flight / self.callers - 1) <= _LITTLE_WITHIN


@dataclass(frozen=True)
class Law:
    """Of one caller so many a second; what waiting for each other and agreeing with each other takes from it."""

    rate: float
    contention: float
    coherency: float

    def per_s(self, callers: float) -> float:
        """What so many callers get together."""
        lost = self.contention * (callers - 1) + self.coherency * callers * (callers - 1)
        return self.rate * callers / (1 + lost)

    @property
    def knee(self) -> float:
        """Callers at which throughput is highest; infinite where it never falls."""
        if self.coherency <= 0:
            return float("inf")
        return float(np.sqrt(max(0.0, 1 - self.contention) / self.coherency))


@dataclass(frozen=True)
class Knee:
    """The law, the knee with its interval of 95 % over rounds, and whether the sweep shows it.

    Shown: the whole interval is within what was tried, and of the callers that were tried some beyond it got less.
    `left_out` are numbers of callers of whom some were refused: the law is not fitted to them, and says nothing there.
    """

    law: Law
    callers: Interval
    shown: bool
    why: str
    left_out: tuple[int, ...] = ()

    def per_s(self, callers: int) -> float | None:
        """What the law has so many callers get; None where they are left out of it."""
        return None if callers in self.left_out else self.law.per_s(callers)


def fit(points: Sequence[Point]) -> Law:
    """By least squares of relative errors; neither loss is below 0.

    Raises:
        ValueError: fewer than four numbers of callers.
    """
    if len({point.callers for point in points}) < LEAST_POINTS:
        raise ValueError(f"a knee of {len({point.callers for point in points})} numbers of callers, at least 4")
    n = np.array([point.callers for point in points], np.float64)
    each = n / np.array([point.per_s for point in points])
    # callers / rate is linear: 1/rate, contention/rate, coherency/rate; divided by itself, errors are relative.
    columns = np.stack([np.ones_like(n), n - 1, n * (n - 1)], axis=1) / each[:, None]
    used = [0, 1, 2]
    while True:
        solved = np.linalg.lstsq(columns[:, used], np.ones_like(n), rcond=None)[0]
        below = [place for place, value in zip(used, solved, strict=True) if place and value < 0]
        if not below:
            break
        used.remove(min(below, key=lambda place: solved[used.index(place)] * np.abs(columns[:, place]).mean()))
    found = dict(zip(used, solved.tolist(), strict=True))
    first = found[0]
    return Law(1 / first, found.get(1, 0.0) / first, found.get(2, 0.0) / first)


def knee_of(rounds: Sequence[Sequence[Point]]) -> Knee:
    """From several rounds, each of which visits every number of callers: Student's t over the knees of each.

    Numbers of callers of whom some were refused are left out, and named.

    Raises:
        ValueError: fewer than four numbers are left.
    """
    refused = sorted({point.callers for each in rounds for point in each if not _answered(point)})
    rounds = [[point for point in each if point.callers not in refused] for each in rounds]
    law = fit([point for each in rounds for point in each])
    knees = [fit(each).knee for each in rounds]
    if all(np.isfinite(knees)) and min(knees) > 0:
        logs = Change.of([log(knee) for knee in knees])
        within = Interval(exp(logs.low), exp(min(logs.high, _LARGEST_LOG)))
    else:
        within = Interval(min(knees), float("inf"))
    shown, why = _shown(rounds, within, "that were tried" + (", of those whom it did not refuse" if refused else ""))
    if refused:
        why += f"; of {', '.join(map(str, refused))} callers some were refused, so that these are left out"
    return Knee(law, within, shown, why, tuple(refused))


def _answered(point: Point) -> bool:
    return point.refused <= _REFUSED and 0 < point.per_s < float("inf")


def means(rounds: Sequence[Sequence[Point]]) -> tuple[Point, ...]:
    """Each number of callers, the mean over rounds; times are weighted by how many had them."""
    by_callers: Mapping[int, list[Point]] = {one.callers: [] for each in rounds for one in each}
    for each in rounds:
        for one in each:
            by_callers[one.callers].append(one)
    return tuple(
        Point(
            callers,
            float(np.mean([one.per_s for one in found])),
            sum(one.per_s * one.mean_ms for one in found) / sum(one.per_s for one in found),
            max(one.refused for one in found),
        )
        for callers, found in sorted(by_callers.items())
    )


def _shown(rounds: Sequence[Sequence[Point]], interval: Interval, of_whom: str) -> tuple[bool, str]:
    seen = means(rounds)
    most = seen[-1].callers
    if wrong := [point.callers for point in seen if not point.consistent]:
        return False, f"Little's law does not hold at {', '.join(map(str, wrong))} callers"
    if len(rounds) < 2:
        return False, "one round has no interval"
    if interval.high > most:
        return False, f"the interval reaches beyond the {most} callers {of_whom}"
    best = max(seen, key=lambda point: point.per_s)
    if best.callers == most:
        return False, f"{most} callers, the most {of_whom}, got the most"
    if _fall(rounds).high >= 0:
        return False, f"{most} callers, the most {of_whom}, are not proven to get less than {best.callers}"
    return True, f"{best.per_s:,.0f} a second at {best.callers} callers, {seen[-1].per_s:,.0f} at {most}"


def _fall(rounds: Sequence[Sequence[Point]]) -> Change:
    """What the most callers get more than the best ones, as logarithms; the best of a round by the others' figures.

    Else chance would choose the best, and a rate that only flattens would seem to fall.
    """
    logs = []
    for place, each in enumerate(rounds):
        others = means([*rounds[:place], *rounds[place + 1 :]])
        best = max(others, key=lambda point: point.per_s).callers
        here = {point.callers: point.per_s for point in each}
        logs.append(log(here[others[-1].callers] / here[best]))
    return Change.of(logs)
