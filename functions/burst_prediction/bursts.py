"""Bursts in a series, how well a forecast covered their onset, and alarms that foretold them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from functions.burst_prediction.arrays import Flags, Floats

# A burst begins with two bins of at least 1.5 times the median of the hour before and above 1.25 times the mean of the
# seven days before; it is over when no bin has begun like that for two hours.
OVER_LAST_HOUR, OVER_LAST_WEEK = 1.5, 1.25
CALM_HOURS = 2
# An onset is its first quarter of an hour, the time that instances take to follow.
ONSET_MIN = 15
COVERED_SHARE = 0.85
# An alarm foretells a burst that begins within the hour.
ALARM_REACH_MIN = 60


@dataclass(frozen=True)
class AlarmScore:
    """How alarms met bursts. Leads are in minutes, of the bursts that an alarm preceded."""

    bursts: int
    foretold: int
    alarms: int
    right: int
    median_lead_min: float

    @property
    def recall(self) -> float:
        """The share of bursts that an alarm foretold."""
        return self.foretold / self.bursts if self.bursts else float("nan")

    @property
    def precision(self) -> float:
        """The share of alarms that a burst followed."""
        return self.right / self.alarms if self.alarms else float("nan")


def bursting(path: Floats, hour: Floats, week_mean: Floats) -> Flags:
    """Whether two bins in a row burst.

    Args:
        path: the two bins, as (…, 2).
        hour: the bins of the hour before them, as (…, bins).
        week_mean: the mean of the seven days before, as (…).
    """
    lowest = np.minimum(path[..., 0], path[..., 1])
    burst: Flags = np.asarray(lowest > OVER_LAST_WEEK * week_mean)
    if burst.any():  # medians take time, and few bins have come so far
        burst[burst] = lowest[burst] >= OVER_LAST_HOUR * np.median(hour[burst], axis=-1)
    return burst


def burst_bins(requests: Floats, bin_min: int, since: int = 0) -> list[int]:
    """The first bin of each burst that begins at `since` or later; `requests` is without gaps."""
    hour, calm = _bins(60, bin_min), _bins(60 * CALM_HOURS, bin_min)
    if len(requests) < hour + 2:
        return []
    looked_at = max(hour, since - calm)  # a burst that goes on at `since` began before it
    windows = np.lib.stride_tricks.sliding_window_view(requests[looked_at - hour :], hour + 2)
    firsts = np.arange(looked_at, looked_at + len(windows))
    burst = bursting(windows[:, hour:], windows[:, :hour], week_means(requests, bin_min, since=looked_at)[:-1])
    return [first for first in episodes(firsts[burst].tolist(), calm) if first >= since]


def week_means(requests: Floats, bin_min: int, since: int = 0) -> Floats:
    """The mean of up to seven days before each bin from `since` on; the bin itself where nothing is before."""
    totals = np.concatenate([[0.0], np.cumsum(requests)])
    bins = np.arange(since, len(requests))
    first = np.maximum(bins - 7 * 1440 // bin_min, 0)
    return np.where(bins > 0, (totals[bins] - totals[first]) / np.maximum(bins - first, 1), requests[since:])


def episodes(bins: Sequence[int], calm: int) -> list[int]:
    """The first of each run of bins that lie at most `calm` apart."""
    return [one for number, one in enumerate(bins) if number == 0 or one - bins[number - 1] > calm]


def onset_coverage(requests: Floats, forecast: Floats, onsets: Sequence[int], bin_min: int) -> float:
    """The share of bursts whose first quarter of an hour the forecast provided for: 85 % of its requests or more."""
    length = _bins(ONSET_MIN, bin_min)
    covered = [
        np.minimum(forecast[first : first + length], requests[first : first + length]).sum()
        >= COVERED_SHARE * requests[first : first + length].sum()
        for first in onsets
    ]
    return sum(covered) / len(covered) if covered else float("nan")


def score_alarms(
    alarms: Sequence[int], onsets: Sequence[int], bin_min: int, *, before_first_bin: bool = False
) -> AlarmScore:
    """Match alarms (the bin after which each was first raised) with bursts (the bin in which each began).

    A burst is one by its second bin, so an alarm after its first still foretells it, 5 minutes late, unless
    `before_first_bin` asks for more.
    """
    least, reach = int(before_first_bin), _bins(ALARM_REACH_MIN, bin_min)
    lead_bins = {
        onset: max((onset - alarm for alarm in alarms if least <= onset - alarm <= reach), default=None)
        for onset in onsets
    }
    leads_min = [(bins - 1) * bin_min for bins in lead_bins.values() if bins is not None]
    right = sum(any(least <= onset - alarm <= reach for onset in onsets) for alarm in alarms)
    median = float(np.median(leads_min)) if leads_min else float("nan")
    return AlarmScore(len(onsets), len(leads_min), len(alarms), right, median)


def _bins(minutes: int, bin_min: int) -> int:
    return max(1, -(-minutes // bin_min))
