"""Latencies as HDR histograms (http://hdrhistogram.org): how processes of a generator put theirs together."""

from collections.abc import Iterable, Mapping
from typing import Final

import numpy as np
from hdrh.histogram import HdrHistogram
from numpy.typing import NDArray

_LOWEST_US: Final = 1
_HIGHEST_US: Final = 3_600_000_000
_DIGITS: Final = 3


def histogram_of(latency_ms: NDArray[np.float64]) -> HdrHistogram:
    """Microseconds, to three digits, at most an hour; what is not finite got no answer, and is not in it."""
    histogram = _empty()
    known = latency_ms[np.isfinite(latency_ms)]
    values, counts = np.unique(np.clip(np.rint(known * 1000), _LOWEST_US, _HIGHEST_US), return_counts=True)
    for value, count in zip(values.tolist(), counts.tolist(), strict=True):
        histogram.record_value(int(value), count)
    return histogram


def merged(encoded: Iterable[bytes]) -> HdrHistogram:
    """One histogram of several that are encoded (HDR's own V2 format)."""
    whole = _empty()
    for one in encoded:
        whole.decode_and_add(one)
    return whole


def percentile_ms(histogram: HdrHistogram, percent: float) -> float | None:
    """None where nothing was recorded."""
    return float(histogram.get_value_at_percentile(percent)) / 1000 if histogram.get_total_count() else None


def hdr_log(histograms: Mapping[str, HdrHistogram], start_s: float, seconds: float) -> str:
    """The log that tools of HDR histograms read: one interval, a tag for each histogram, in microseconds."""
    lines = [
        "#[Histogram log format version 1.3]",
        f"#[StartTime: {start_s:.3f} (seconds since epoch)]",
        '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"',
    ]
    lines += [
        f"Tag={name},0.000,{seconds:.3f},{one.get_max_value() / 1000:.3f},{one.encode().decode()}"
        for name, one in histograms.items()
    ]
    return "\n".join(lines) + "\n"


def _empty() -> HdrHistogram:
    return HdrHistogram(_LOWEST_US, _HIGHEST_US, _DIGITS)
