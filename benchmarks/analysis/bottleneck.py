"""What limits a run, with the numbers that say so: Little's law of the whole, and where capacity was used up first."""

from collections.abc import Iterator

import numpy as np

from benchmarks.rehearsal.result import RegionSeries, Run
from benchmarks.rehearsal.series import array

_FULL = 0.9
_FAILS = 0.01
_WHOLE_FROM = 10


def bottleneck(run: Run) -> tuple[str, ...]:
    """Sentences, each with its evidence: Little's law where the mean time is known, a limit where one was seen."""
    return (*_little(run), *_full_regions(run), *_ceilings(run))


def _little(run: Run) -> Iterator[str]:
    if run.world.mean_ms is None:
        return
    served, mean = array(run.world.served_rps), array(run.world.mean_ms)
    at_once = served * mean / 1000
    if not np.isnan(at_once).all():
        peak = int(np.nanargmax(at_once))
        minute = peak * run.axis.step_s / 60
        yield (
            f"Little's law: {_told(at_once[peak])} requests that were answered were under way at once at minute "
            f"{_told(minute)}, the most ({_told(served[peak])} a second for a mean of {mean[peak]:.3g} ms)."
        )


def _told(number: float) -> str:
    return f"{number:,.0f}" if number >= _WHOLE_FROM else f"{number:.2g}"


def _full_regions(run: Run) -> Iterator[str]:
    for name, region in run.regions.items():
        full = array(region.utilisation) >= _FULL
        bad = full & _failing(region)
        if bad.any():
            yield (
                f"{name}: its instances were used to {_FULL:.0%} or more for {full.sum() * run.axis.step_s / 60:.0f} "
                f"minutes; from minute {int(np.argmax(bad)) * run.axis.step_s / 60:.0f} on requests failed meanwhile."
            )


def _ceilings(run: Run) -> Iterator[str]:
    for name, region in run.regions.items():
        actual, ceiling = array(region.instances.actual), array(region.instances.ceiling)
        held = (actual >= ceiling) & (ceiling > 0) & _failing(region)
        if held.any():
            first = int(np.argmax(held))
            quota = " (its quota)" if region.quota is not None and ceiling[first] >= region.quota else ""
            yield (
                f"{name}: all of the {ceiling[first]:,.0f} instances that it may have{quota} were there at minute "
                f"{first * run.axis.step_s / 60:.0f} while requests failed."
            )


def _failing(region: RegionSeries) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    failing: np.ndarray[tuple[int], np.dtype[np.bool_]] = array(region.errors_rps) > _FAILS * np.maximum(
        array(region.offered_rps), 1e-9
    )
    return failing
