"""Log load on the bins that the forecast works in."""

from dataclasses import dataclass

import numpy as np

from functions.burst_prediction.arrays import Floats
from functions.burst_prediction.load_history import LoadHistory

BIN_MIN = 5  # the accuracy of a forecast is defined on 5-minute bins
# A fall to less than a tenth within one bin, far outside what the series does, is a gap in what was measured, not in
# what was asked: after the steepest peak of the traces load takes 12 minutes to halve. If it lasts, the next bin is
# believed.
DROPOUT_SHARE = 0.1
DROPOUT_DEVIATIONS = 8.0
MAD_TO_DEVIATION = 1.4826  # of a normal distribution


@dataclass(frozen=True)
class LogGrid:
    """Bins that end where the history ends. All arrays have one value a bin.

    `requests` are as they were measured, dropouts and all, not a number where unknown.
    `log_load` is log(1 + requests in the bin), not a number where unknown. `last_minute` and `last_two_minutes` are
    how far the load of the end of the bin lies above the whole bin, in log; 0 where the history has no finer steps.
    """

    bin_min: int
    centres_min: Floats
    requests: Floats
    log_load: Floats
    last_minute: Floats
    last_two_minutes: Floats

    @property
    def bins_per_day(self) -> int:
        """How many bins a day has."""
        return 1440 // self.bin_min

    @property
    def end_min(self) -> float:
        """Just after the last bin, in minutes since 1970-01-01 UTC."""
        return float(self.centres_min[-1]) + self.bin_min / 2

    def __len__(self) -> int:
        return len(self.log_load)


def bin_minutes(step_min: int) -> int:
    """The bin for a history of this step: 5 minutes, or the step where that is longer."""
    return max(BIN_MIN, step_min)


def log_grid(history: LoadHistory) -> LogGrid:
    """The bins of a history; a bin of which a part is unknown is estimated from the rest, or unknown if all is."""
    bin_min = bin_minutes(history.step_min)
    counts = _counts_in_bins(history)
    bins, steps = counts.shape
    requests = _requests_in(counts)
    log_load = without_dropouts(np.log1p(requests))
    start = history.end_min - bins * bin_min
    return LogGrid(
        bin_min=bin_min,
        centres_min=start + bin_min * np.arange(0.5, bins, dtype=np.float64),
        requests=requests,
        log_load=log_load,
        last_minute=_above(counts[:, -1:], log_load, steps),
        last_two_minutes=_above(counts[:, -2:], log_load, steps),
    )


def requests_in_bins(history: LoadHistory) -> Floats:
    """Requests of each bin as they were measured, dropouts and all."""
    return _requests_in(_counts_in_bins(history))


def _requests_in(counts: Floats) -> Floats:
    requests: Floats = counts.sum(axis=1)
    partly = np.isnan(requests)
    requests[partly] = _estimated(counts[partly])
    return requests


def _estimated(counts: Floats) -> Floats:
    """Of bins of which a part is unknown, or all."""
    known = ~np.isnan(counts)
    mean = np.where(known, counts, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    return np.where(known.any(axis=1), mean * counts.shape[1], np.nan)


def without_dropouts(log_load: Floats) -> Floats:
    """Leave out bins that fall to less than a tenth of the bin before, where the series is far steadier than that."""
    change = np.diff(log_load, prepend=log_load[:1])
    if not (change < np.log(DROPOUT_SHARE)).any():
        return log_load
    known = np.abs(change[~np.isnan(change)])
    usual = MAD_TO_DEVIATION * float(np.median(known)) if len(known) else 0.0
    limit = max(-np.log(DROPOUT_SHARE), DROPOUT_DEVIATIONS * usual)
    return np.where(change < -limit, np.nan, log_load)


def _counts_in_bins(history: LoadHistory) -> Floats:
    steps = bin_minutes(history.step_min) // history.step_min
    bins = len(history.counts) // steps
    return history.counts[len(history.counts) - bins * steps :].reshape(bins, steps)


def _above(end_of_bin: Floats, log_load: Floats, steps: int) -> Floats:
    if steps < BIN_MIN:
        return np.zeros(len(log_load))
    above: Floats = np.log1p(end_of_bin.mean(axis=1) * steps) - log_load
    above[np.isnan(above)] = 0.0
    return np.minimum(np.maximum(above, -1.0), 1.0)
