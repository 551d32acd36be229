"""Series of a record as numbers, where what is not known stays so, and its steps as moments."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from benchmarks.rehearsal.result import Series


def total(series: Mapping[str, Series]) -> Series:
    """The sum over tiers; None where any is not known."""
    return tuple(
        None if any(value is None for value in step) else sum(value for value in step if value is not None)
        for step in zip(*series.values(), strict=True)
    )


def peak(series: Series) -> float:
    """The highest known value; 0 where there is none."""
    return max((value for value in series if value is not None), default=0.0)


def array(series: Series) -> NDArray[np.float64]:
    """A series with NaN for what is not known."""
    return np.array([np.nan if value is None else value for value in series], np.float64)


def moment(seconds: float) -> str:
    """Of a run: minutes, but of its first one the seconds."""
    return f"second {seconds:.3g}" if seconds < 60 else f"minute {seconds / 60:.3g}"


def span(seconds: float) -> str:
    """A length of time, in the largest unit that it has one of."""
    for unit, length in (("d", 86_400.0), ("h", 3_600.0), ("min", 60.0)):
        if seconds >= length:
            return f"{seconds / length:.3g} {unit}"
    return f"{seconds:.3g} s"
