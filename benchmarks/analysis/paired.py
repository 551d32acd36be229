"""Two sides measured in turns: what one has more than the other, pair by pair, and whether that is proven."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import expm1, isnan, log, nan
from statistics import fmean
from typing import Final, Literal

from benchmarks.rehearsal.comparison import Interval

LEAST_PAIRS: Final = 5
_TINY: Final = 1e-9


class Finding(StrEnum):
    """What is known of a measure of B against A."""

    BETTER = "better"
    WORSE = "worse"
    NOT_PROVEN = "not proven"


@dataclass(frozen=True)
class Measure:
    """What is compared. `least`: a change below it is none, whatever is proven of it.

    A *ratio* changes by a share (0.05: five hundredths more), a *difference* by its own unit.
    """

    name: str
    kind: Literal["ratio", "difference"]
    least: float
    more_is_better: bool = False


@dataclass(frozen=True)
class Paired:
    """A measure of both sides, over all pairs, and how B differs from A with a confidence of 95 %."""

    measure: Measure
    a: float
    b: float
    change: Interval
    finding: Finding


def paired(measure: Measure, a: Sequence[float], b: Sequence[float]) -> Paired:
    """Student's t on the differences within pairs; of ratios, on those of their logarithms.

    What slows the machine for a while slows both sides of a pair, and cancels. A sign test of five pairs could not
    reach 95 %, and a bootstrap of five has intervals that are too narrow.

    Raises:
        ValueError: a side has another number of values, or there is none.
    """
    if not a and not b:
        raise ValueError(f"{measure.name}: got no pair, allowed: 1 or more")
    if measure.kind == "ratio":
        logs = Interval.of([_log(y) - _log(x) for x, y in zip(a, b, strict=True)])
        # Of a single pair the interval has no end.
        change = Interval(_expm1(logs.mean), _expm1(logs.low), _expm1(logs.high))
    else:
        change = Interval.of([y - x for x, y in zip(a, b, strict=True)])
    return Paired(measure, fmean(a), fmean(b), change, finding_of(measure, change))


def finding_of(measure: Measure, change: Interval) -> Finding:
    """Better or worse only where the interval does not hold 0 and the change is as large as matters."""
    if isnan(change.mean) or abs(change.mean) < measure.least or change.low <= 0 <= change.high:
        return Finding.NOT_PROVEN
    return Finding.BETTER if (change.mean > 0) is measure.more_is_better else Finding.WORSE


def _log(value: float) -> float:
    """Of what is below 0, as of what is not known, there is none."""
    return nan if isnan(value) or value < 0 else log(max(value, _TINY))


def _expm1(value: float) -> float:
    return float("inf") if value >= 100 else expm1(value)
