"""What to change, from what was seen: which limit to raise, how much earlier to be warm. Nothing seen, nothing said."""

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.rehearsal.result import Run
from benchmarks.simulator.simulation import Simulated
from shared.domain.money import dollars

Floats = NDArray[np.float64]

MOST: Final = 5
_FULL: Final = 0.98
_FAILS: Final = 0.01
_WORTH_SAYING: Final = 0.0005
"""Of all requests: what cost less is not worth a change."""


class _Finding(NamedTuple):
    """Requests that it cost, and what to do about it."""

    requests: float
    text: str


def advice(simulated: Simulated, run: Run) -> tuple[str, ...]:
    """Sentences, the costliest first, five at most."""
    found = sorted([*_capacity(simulated), *_money(run)], reverse=True)
    worth = [one.text for one in found if one.requests > _WORTH_SAYING * run.summary.asked]
    return tuple(worth[:MOST])


def _capacity(simulated: Simulated) -> Iterator[_Finding]:
    """Regions that failed requests: at their quota, or while they waited for instances. Not those that were down."""
    recorder, asked = simulated.recorder, float(simulated.recorder.offered.sum())
    seconds = recorder.beats * recorder.beat_s
    for at, region in enumerate(simulated.regions):
        failed, offered = recorder.errors[:, at].sum(axis=1), recorder.offered[:, at]
        ready, quota = recorder.state["ready"][:, at], float(simulated.quotas[at])
        alive = recorder.state["health"][:, at] > 0
        short = alive & (failed > _FAILS * np.maximum(offered, 1.0))
        full = short & (ready >= _FULL * quota)
        needed = _needed(offered / seconds, recorder.served[:, at].sum(axis=1) / seconds, ready)
        if full.any():
            lost = float(failed[full].sum())
            yield _Finding(
                lost,
                f"raise the quota of {region} from {quota:,.0f} to {_rounded(float(needed[full].max())):,.0f} "
                f"instances: {lost / asked:.2%} of all requests failed there while it had all that it may have",
            )
        late = short & ~full
        if late.any():
            lost = float(failed[late].sum())
            came = _earlier(
                region, np.where(late, needed - ready, 0.0), ready, recorder.per_step * recorder.beat_s / 60
            )
            yield _Finding(lost, f"{came}, and {lost / asked:.2%} of all requests failed there for want of them")


def _earlier(region: str, missing: Floats, ready: Floats, step_min: float) -> str:
    """The step in which most were missing, and when they were there."""
    worst = int(np.argmax(missing))
    enough = float(ready[worst] + missing[worst])
    after = np.flatnonzero(ready[worst:] >= _FULL * enough)
    came = f"they were there {after[0] * step_min:.0f} minutes later" if len(after) else "they never were"
    return (
        f"prewarm {region}: {_rounded(enough):,.0f} instances ready by minute {worst * step_min:.0f}, where there were "
        f"{ready[worst]:,.0f}; {came}"
    )


def _money(run: Run) -> Iterator[_Finding]:
    """What the serving mode shed, and what the budget allowed meanwhile."""
    shed = sum(run.summary.shed.values())
    allowed = [value for value in run.world.allowed_per_hour if value is not None]
    if shed and allowed:
        spent = max(value for value in run.world.spend_per_hour if value is not None)
        yield _Finding(
            shed,
            f"approve more for these hours (swell budget approve): serving modes shed "
            f"{shed / run.summary.asked:.2%} of all requests; at the least {dollars(round(min(allowed)))} an hour was "
            f"allowed, at the most {dollars(round(spent))} spent",
        )


def _needed(offered: Floats, served: Floats, ready: Floats) -> Floats:
    """Instances for what was offered, at the most that one of them carried."""
    each = float((served / np.maximum(ready, 1.0)).max(initial=0.0))
    needed: Floats = offered / max(each, 1e-9)
    return needed


def _rounded(instances: float) -> float:
    digits = max(0, len(str(int(instances))) - 2)
    return float(np.ceil(instances / 10**digits) * 10**digits)
