"""Array types of the forecast, and the few array operations that several modules need."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Indices: TypeAlias = NDArray[np.int64]
Flags: TypeAlias = NDArray[np.bool_]

MINUTES_PER_DAY = 1440


def earlier(values: Floats, bins: int) -> Floats:
    """`values` as they stood `bins` before; not a number where the series had not begun."""
    if bins == 0:
        return values
    shifted = np.full(len(values), np.nan)
    shifted[bins:] = values[:-bins]
    return shifted


def at(values: Floats, indices: Indices) -> Floats:
    """`values[indices]`, and 0 where the index or the value is outside what is known."""
    inside = (indices >= 0) & (indices < len(values))
    found = np.where(inside, values[np.where(inside, indices, 0)], 0.0)
    return np.where(np.isnan(found), 0.0, found)


def trailing_mean(values: Floats, half_life_bins: float) -> Floats:
    """Exponentially weighted mean of each value and those before it; the weight halves every `half_life_bins`."""
    reach = max(1, int(np.ceil(7 * half_life_bins)))  # 2^-7: what is left out weighs less than 1 %
    weights = 0.5 ** (np.arange(min(reach, len(values))) / half_life_bins)
    total: Floats = np.convolve(values, weights)[: len(values)]
    weighed = np.full(len(values), weights.sum())
    weighed[: len(weights)] = np.cumsum(weights)
    mean: Floats = total / weighed
    return mean


def smoothed(values: Floats, half_width: int) -> Floats:
    """Gaussian mean over `half_width` values to both sides; the ends repeat."""
    if half_width == 0:
        return values
    offsets = np.arange(-half_width, half_width + 1)
    weights = np.exp(-0.5 * (offsets / (half_width / 2)) ** 2)
    return np.convolve(np.pad(values, half_width, mode="edge"), weights / weights.sum(), "valid")


def hats(positions: Floats, knots: Floats) -> Floats:
    """Piecewise-linear basis: column k is 1 at knot k+1 and falls to 0 at its neighbours.

    Shape (positions, knots - 2): the first and the last knot have no column, so every column vanishes outside.
    """
    left, centre, right = knots[:-2], knots[1:-1], knots[2:]
    offset = positions[:, None]
    rising, falling = (offset - left) / (centre - left), (right - offset) / (right - centre)
    return np.clip(np.minimum(rising, falling), 0.0, None)


def day_numbers(minutes: Floats) -> Indices:
    """Days since 1970-01-01 of minutes since then."""
    return np.floor(minutes / MINUTES_PER_DAY).astype(np.int64)


def weekdays(minutes: Floats) -> Indices:
    """0 is Monday: 1970-01-01 was a Thursday."""
    return (day_numbers(minutes) + 3) % 7


def is_weekend(minutes: Floats) -> Flags:
    """Saturday and Sunday."""
    return weekdays(minutes) >= 5
