"""Intervals of shares and quantiles: what so many requests can prove."""

from dataclasses import dataclass
from math import ceil, sqrt
from statistics import NormalDist
from typing import Final

import numpy as np

from benchmarks.rehearsal.result import LatencyCounts

CONFIDENCE: Final = 0.95
_Z: Final = NormalDist().inv_cdf(0.5 + CONFIDENCE / 2)


@dataclass(frozen=True)
class Interval:
    """Where the truth lies, with a confidence of 95 %; both ends are in it."""

    low: float
    high: float


def share_interval(events: float, of: float) -> Interval:
    """Wilson's interval of a share. Of nothing: from 0 to 1."""
    if of <= 0:
        return Interval(0.0, 1.0)
    share, per = min(1.0, events / of), _Z**2 / of
    middle = (share + per / 2) / (1 + per)
    half = _Z * sqrt(share * (1 - share) / of + per / (4 * of)) / (1 + per)
    return Interval(0.0 if events <= 0 else max(0.0, middle - half), 1.0 if events >= of else min(1.0, middle + half))


def requests_to_prove(limit: float, share: float = 0.0) -> int | None:
    """Requests with which Wilson's interval of a share ends at a limit above it; None where it never does.

    Where nothing fails: 4 over the limit.
    """
    if not 0 <= share < limit < 1:
        return None
    return ceil(_Z**2 * limit * (1 - limit) / (limit - share) ** 2)


def requests_to_bound(quantile: float) -> int:
    """Requests from which on a quantile's interval has an upper end."""
    spread, over = _Z * sqrt(quantile * (1 - quantile)), 1 - quantile
    return ceil(((spread + sqrt(spread**2 + 4 * over)) / (2 * over)) ** 2)


def quantile_interval(latency: LatencyCounts, quantile: float, *, spread_evenly: bool = False) -> Interval | None:
    """The classes in which the quantile's neighbours by rank lie; None where so few requests have no upper end.

    The rank of a quantile among n requests is binomial: its 95 % range, looked up in the counts. Times in a class may
    be anywhere in it, up to its end; where it is known that they are `spread_evenly` (in logarithms), the neighbours
    themselves are found.
    """
    counts = np.asarray(latency.counts, np.float64)
    total = float(counts.sum())
    if total <= 0:
        return None
    spread = _Z * sqrt(total * quantile * (1 - quantile))
    low_rank, high_rank = total * quantile - spread, total * quantile + spread + 1
    if high_rank > total:
        return None
    upto = np.cumsum(counts)
    bounds = np.asarray(latency.bounds_ms)
    if spread_evenly:
        ends = np.log(np.concatenate([[bounds[0] / 2], bounds]))
        low, high = np.exp(np.interp([low_rank, high_rank], np.concatenate([[0.0], upto]), ends))
        return Interval(float(low), float(high))
    first, last = (int(np.searchsorted(upto, rank)) for rank in (max(1.0, low_rank), high_rank))
    return Interval(float(bounds[first - 1]) if first else 0.0, float(bounds[min(last, len(bounds) - 1)]))
