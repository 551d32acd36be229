"""What limits a run, with the numbers that say so: Little's law of the whole, and where capacity was used up first."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from benchmarks.rehearsal.result import RegionSeries, Run
from benchmarks.rehearsal.series import array, moment, span

Flags = NDArray[np.bool_]

_MOST = 4
"""So many regions are told by name."""
_FULL = 0.9
_FAILS = 0.01
_WHOLE_FROM = 10


def bottleneck(run: Run) -> tuple[str, ...]:
    """Sentences, each with its evidence: Little's law where the mean time is known, a limit where one was seen."""
    return (*_little(run), *_full_regions(run), *_ceilings(run), *_outrun(run))


def _little(run: Run) -> Iterator[str]:
    if run.world.mean_ms is None:
        return
    served, mean = array(run.world.served_rps), array(run.world.mean_ms)
    at_once = served * mean / 1000
    if not np.isnan(at_once).all():
        peak = int(np.nanargmax(at_once))
        yield (
            f"Little's law: {_told(at_once[peak])} requests that were answered were under way at once at "
            f"{moment(peak * run.axis.step_s)}, the most "
            f"({_told(served[peak])} a second for a mean of {mean[peak]:.3g} ms)."
        )


def _told(number: float) -> str:
    return f"{number:,.0f}" if number >= _WHOLE_FROM else f"{number:.2g}"


def _full_regions(run: Run) -> Iterator[str]:
    found = []
    for name, region in run.regions.items():
        full = array(region.utilisation) >= _FULL
        bad = full & _failing(region)
        if bad.any():
            used_up_s = float(full.sum()) * run.axis.step_s
            found.append((used_up_s, name, moment(int(np.argmax(bad)) * run.axis.step_s)))
    worst = sorted(found, reverse=True)
    for used_up_s, name, since in worst[:_MOST]:
        yield (
            f"{name}: its instances were used to {_FULL:.0%} or more for {span(used_up_s)}; "
            f"from {since} on requests failed meanwhile."
        )
    yield from _others(len(worst), "had their instances used up, for no longer")


def _ceilings(run: Run) -> Iterator[str]:
    found = []
    for name, region in run.regions.items():
        actual, ceiling = array(region.instances.actual), array(region.instances.ceiling)
        held = (actual >= ceiling) & (ceiling > 0) & _failing(region)
        if held.any():
            found.append((int(np.argmax(held)), name, region.quota))
    for first, name, quota in sorted(found)[:_MOST]:
        ceiling_then = array(run.regions[name].instances.ceiling)[first]
        is_quota = " (its quota)" if quota is not None and ceiling_then >= quota else ""
        yield (
            f"{name}: all of the {ceiling_then:,.0f} instances that it may have{is_quota} were there at "
            f"{moment(first * run.axis.step_s)} while requests failed."
        )
    yield from _others(len(found), "had all that they may have, no earlier")


def _others(count: int, what: str) -> Iterator[str]:
    if count > _MOST:
        yield f"{count - _MOST} more regions {what}."


def _outrun(run: Run) -> Iterator[str]:
    """The region that failed most while it might have had more instances: they came too late for what was handed on."""
    lost = {name: np.nan_to_num(array(region.errors_rps)) * _may_grow(region) for name, region in run.regions.items()}
    most = {name: float(failed.max(initial=0.0)) for name, failed in lost.items()}
    worst = max(most, key=lambda name: most[name], default="")
    if not most.get(worst):
        return
    region, step = run.regions[worst], int(np.argmax(lost[worst]))
    offered, asked = array(region.offered_rps)[step], array(region.asked_rps)[step]
    more = offered - asked
    handed_on = f", {_told(more)} of them handed on by other regions or asked again," if more > _FAILS * offered else ""
    others = sum(failed > 0 for failed in most.values()) - 1
    also = f"; {others} other region{'s' if others > 1 else ''} failed so, too" if others else ""
    yield (
        f"{worst}: of {_told(offered)} requests a second at {moment(step * run.axis.step_s)}{handed_on} "
        f"{_told(most[worst])} failed on {array(region.instances.actual)[step]:,.0f} of the "
        f"{array(region.instances.ceiling)[step]:,.0f} instances that it may have: it did not grow so fast{also}."
    )


def _may_grow(region: RegionSeries) -> Flags:
    """Where it fails below its ceiling with instances that are not counted as used up; with none it may be lost."""
    actual = array(region.instances.actual)
    below = (actual > 0) & (actual < array(region.instances.ceiling))
    return _failing(region) & below & ~(array(region.utilisation) >= _FULL)


def _failing(region: RegionSeries) -> Flags:
    failing: Flags = array(region.errors_rps) > _FAILS * np.maximum(array(region.offered_rps), 1e-9)
    return failing
