"""How fast a run spends what an objective lets fail, over windows of two lengths at once.

Lengths and thresholds are those of the SRE workbook, chapter 5: at 14.4 an hour spends 2 % of 30 days' budget, at 6
six hours spend 5 %, at 3 a day spends 10 %, at 1 three days do. The short window says that it still burns. A pair
whose long window does not fit into the run is left out; in a run under an hour the run stands for the hour. What was
before the run counts as its mean rate without a failure: else its first step alone would be a whole window.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.analysis.gate import is_invalid
from benchmarks.analysis.intervals import CONFIDENCE
from benchmarks.rehearsal.result import Objective, Run, WorldSeries
from benchmarks.rehearsal.series import array, moment, span, total

Floats = NDArray[np.float64]

_MINUTE: Final = 60.0
_PAIRS: Final = (
    (60 * _MINUTE, 5 * _MINUTE, 14.4),
    (360 * _MINUTE, 30 * _MINUTE, 6.0),
    (1440 * _MINUTE, 120 * _MINUTE, 3.0),
    (4320 * _MINUTE, 360 * _MINUTE, 1.0),
)
PERIOD_DAYS: Final = 30


@dataclass(frozen=True)
class BurnRate:
    """The worst moment of a pair of windows: budgets spent at once, by both; between `low` and `high` with 95 %.

    `alert`: *yes*, both windows are proven to burn at the threshold; *no*, at no moment can both have; else
    *not proven*.
    """

    objective: str
    long_s: float
    short_s: float
    threshold: float
    rate: float
    low: float
    high: float
    at_s: float
    scaled: bool
    alert: str


@dataclass(frozen=True)
class ErrorBudget:
    """What an objective lets fail of this run, and how much of that did."""

    objective: str
    allowed: float
    failed: float
    burn_rates: tuple[BurnRate, ...]

    @property
    def spent(self) -> float:
        """1: all of it."""
        return self.failed / self.allowed if self.allowed else 0.0


def error_budgets(run: Run) -> tuple[ErrorBudget, ...]:
    """Of every objective that lets a share fail; none of an invalid run."""
    if is_invalid(run):
        return ()
    return tuple(_budgets(run))


def budget_lines(budgets: tuple[ErrorBudget, ...]) -> list[str]:
    """In words, each with its numbers."""
    lines = []
    for one in budgets:
        lines.append(
            f"{one.objective}: {one.spent:.1%} of the run's budget is spent: {one.failed:,.0f} requests failed of "
            f"{'less than one' if one.allowed < 1 else f'{one.allowed:,.0f}'} that may."
        )
        lines += [_line(rate) for rate in one.burn_rates]
    return lines


def _line(rate: BurnRate) -> str:
    windows = f"{span(rate.long_s)} and {span(rate.short_s)}" + (", the run for an hour" if rate.scaled else "")
    lasts = f"; {PERIOD_DAYS} days' budget would last {span(PERIOD_DAYS * 86_400 / rate.rate)}" if rate.rate > 1 else ""
    says = {"yes": "an alert", "no": "no alert", "not proven": "not proven whether it is an alert"}[rate.alert]
    return (
        f"{rate.objective} over {windows}: burn rate {rate.rate:.3g} ({rate.low:.3g} to {rate.high:.3g}) at most, "
        f"{'at ' + moment(rate.at_s) if rate.rate else 'all along'}; {says}, which begins at {rate.threshold:g}{lasts}."
    )


def _budgets(run: Run) -> Iterator[ErrorBudget]:
    for objective in run.objectives:
        found = _failing(objective, run.world)
        if found is None:
            continue
        share, bad_rps = found
        if not 0 < share < 1:
            continue
        asked = np.nan_to_num(array(run.world.asked_rps)) * run.axis.step_s
        bad = np.minimum(np.nan_to_num(bad_rps) * run.axis.step_s, asked)
        rates = tuple(_rates(objective.name, share, bad, asked, run.axis.step_s))
        yield ErrorBudget(objective.name, share * run.summary.asked, float(bad.sum()), rates)


def _failing(objective: Objective, world: WorldSeries) -> tuple[float, Floats] | None:
    if objective.name == "error_share":
        return objective.limit, array(world.errors_rps)
    if objective.name == "availability":
        return 1 - objective.limit, array(world.errors_rps) + array(total(world.shed_rps))
    return None


def _rates(name: str, share: float, bad: Floats, asked: Floats, step_s: float) -> Iterator[BurnRate]:
    length_s = len(asked) * step_s
    scale = min(1.0, length_s / _PAIRS[0][0])
    for place, (long_s, short_s, threshold) in enumerate(_PAIRS):
        if place and long_s > length_s:
            return
        long, short = (max(1, round(one * scale / step_s)) for one in (long_s, short_s))
        low, rate, high = (
            np.min(ends, axis=0) for ends in zip(*(_wilson(bad, asked, w) for w in (long, short)), strict=True)
        )
        worst = int(np.argmax(rate))
        alert = (
            "yes" if (low / share >= threshold).any() else "no" if (high / share < threshold).all() else "not proven"
        )
        yield BurnRate(
            name,
            long * step_s,
            short * step_s,
            threshold,
            rate=float(rate[worst]) / share,
            low=float(low[worst]) / share,
            high=float(high[worst]) / share,
            at_s=(worst + 1) * step_s,
            scaled=scale < 1,
            alert=alert,
        )


def _wilson(bad: Floats, asked: Floats, window: int) -> tuple[Floats, Floats, Floats]:
    """Low end, share and high end of what failed within the steps up to each; none where nothing was asked."""
    events, of = _last(bad, window, 0.0), _last(asked, window, float(asked.mean()))
    z = NormalDist().inv_cdf(0.5 + CONFIDENCE / 2)
    counted = np.maximum(of, 1e-12)
    share = np.where(of > 0, events / counted, 0.0)
    per = z * z / counted
    middle = (share + per / 2) / (1 + per)
    half = z * np.sqrt(share * (1 - share) / counted + per / (4 * counted)) / (1 + per)
    nothing = of <= 0
    low = np.where(nothing | (events <= 0), 0.0, np.maximum(0.0, middle - half))
    return low, share, np.where(nothing, 0.0, np.minimum(1.0, middle + half))


def _last(values: Floats, window: int, before: float) -> Floats:
    """Sums of the steps up to each; each of those before the run has `before`."""
    sums = np.cumsum(np.concatenate([[0.0], np.full(window, before), values]))
    found: Floats = sums[window + 1 :] - sums[1:-window]
    return found
