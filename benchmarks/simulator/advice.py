"""What to change, from what was seen: which limit to raise, where to be warm and when. Nothing seen, nothing said."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.rehearsal.objectives import CALM_BELOW, faults_end_s
from benchmarks.rehearsal.result import Run
from benchmarks.scenarios.model import Scenario
from benchmarks.simulator.foresight import announced
from benchmarks.simulator.recording import Recorder
from benchmarks.simulator.simulation import Simulated
from shared.domain.money import dollars

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

MOST: Final = 5
_FULL: Final = 0.98
_FAILS: Final = 0.01
_GROWN: Final = 1.5
"""A region whose own clients ask so many times what they asked at the start has a crowd."""
_WORTH_SAYING: Final = 0.0005
"""Of all requests: what cost less is not worth a change."""


class _Finding(NamedTuple):
    """Requests that it cost, what to do about it, and the region that it is about, if it is about one."""

    requests: float
    text: str
    region: str = ""


def advice(simulated: Simulated, run: Run) -> tuple[str, ...]:
    """Sentences, the costliest first, five at most; an objective that is not kept has one in any case."""
    last = list(_recovery(simulated, run))
    others = [one for one in _capacity(simulated) if one.region not in {each.region for each in last}]
    found = sorted([*last, *others, *_money(run)], reverse=True)
    worth = [one.text for one in found if one.requests > _WORTH_SAYING * run.summary.asked]
    return tuple(worth[:MOST])


def _capacity(simulated: Simulated) -> Iterator[_Finding]:
    """Regions that failed requests: at their quota, or while they waited for instances. Not those that were down."""
    asked = float(simulated.recorder.offered.sum())
    for at, region in enumerate(simulated.regions):
        seen = _Region.of(simulated, at)
        full = seen.short & (seen.ready >= _FULL * seen.quota)
        if full.any():
            lost = float(seen.failed[full].sum())
            yield _Finding(
                lost,
                f"raise the quota of {region} from {seen.quota:,.0f} to {_rounded(float(seen.needed[full].max())):,.0f}"
                f" instances: {lost / asked:.2%} of all requests failed there while it had all that it may have",
                region,
            )
        late = seen.short & ~full
        if late.any():
            lost = float(seen.failed[late].sum())
            text = f"{_earlier(simulated, seen, late)}; {lost / asked:.2%} of all requests failed there"
            yield _Finding(lost, text, region)


@dataclass(frozen=True)
class _Region:
    """What a region showed, step by step; `short` are the steps in which it lived and failed more than a hundredth."""

    at: int
    failed: Floats
    ready: Floats
    needed: Floats
    short: Flags
    quota: float

    @classmethod
    def of(cls, simulated: Simulated, at: int) -> "_Region":
        recorder = simulated.recorder
        failed = recorder.errors[:, at].sum(axis=1) - recorder.dependency_failed[:, at]
        offered, ready = recorder.offered[:, at], recorder.state["ready"][:, at]
        seconds = recorder.beats * recorder.beat_s
        needed = _needed(offered / seconds, recorder.served[:, at].sum(axis=1) / seconds, ready)
        lives = (recorder.state["health"][:, at] > 0) & ~_is_down(simulated, at)
        return cls(
            at, failed, ready, needed, lives & (failed > _FAILS * np.maximum(offered, 1.0)), float(simulated.quotas[at])
        )


def _earlier(simulated: Simulated, seen: _Region, late: Flags) -> str:
    """Instances for the step in which most were missing: for a crowd of its own, or for what others sent there."""
    worst = int(np.argmax(np.where(late, seen.needed - seen.ready, -np.inf)))
    recorder, region = simulated.recorder, simulated.regions[seen.at]
    minute = worst * recorder.per_step * recorder.beat_s / 60
    enough, ready = max(float(seen.needed[worst]), float(seen.ready[worst]) + 1), float(seen.ready[worst])
    sent = recorder.sent[worst, :, seen.at].copy()
    own, sent[seen.at] = sent[seen.at], 0.0
    if sent.sum() > own:
        origin = simulated.regions[int(np.argmax(sent))]
        return (
            f"hold {_rounded(enough):,.0f} instances in {region}, or more where the clients are: it had {ready:,.0f} "
            f"at minute {minute:.0f}, when {sent.sum() / (sent.sum() + own):.0%} of its requests were handed on to it, "
            f"most by {origin}"
        )
    grown = recorder.asked[worst, seen.at] > _GROWN * recorder.asked[0, seen.at]
    what = f"prewarm {region}"
    if grown:
        times = _rounded(float(recorder.asked[:, seen.at].max() / recorder.asked[0, seen.at]))
        what = f"announce {_announcement(simulated.scenario, region)}, {times:,.0f} times its usual load at the peak"
    return (
        f"{what}: {_rounded(enough):,.0f} instances ready by minute {minute:.0f}, where there were {ready:,.0f} and "
        f"the plan had {recorder.state['planned'][worst, seen.at]:,.0f}; {_until(recorder, seen, late, worst)}"
    )


def _announcement(scenario: Scenario, region: str) -> str:
    """What the calendar should say, beside what it says."""
    said = [event.multiple_in(region) or 0.0 for event in announced(scenario) if region in event.region_weights]
    if not said:
        return f"the crowd of {region}"
    now = f"says {max(said):.3g} there" if max(said) else "is not given"
    return f"more of the crowd of {region} (expected_multiple of its event {now})"


def _until(recorder: Recorder, seen: "_Region", late: Flags, worst: int) -> str:
    """For how long it failed from the worst step on, how many instances ended that, and whether it came again."""
    step_s = recorder.per_step * recorder.beat_s
    over = np.flatnonzero(~late[worst:])
    lasted = "it failed requests to the end"
    if len(over):
        enough = seen.ready[worst + over[0]]
        lasted = f"it failed requests for {_lasting(over[0] * step_s)} more, until there were {enough:,.0f}"
    spells = int(np.count_nonzero(late[1:] & ~late[:-1])) + int(late[0])
    again = f", and so {spells} times in all" if spells > 1 else ""
    return lasted + again


def _recovery(simulated: Simulated, run: Run) -> Iterator[_Finding]:
    """Where requests failed last, if they did for longer after the last fault than they may."""
    missed = [one for one in run.objectives if one.name == "recovery_s" and one.met is False]
    recorder = simulated.recorder
    shares = recorder.errors.sum(axis=(1, 2)) / np.maximum(recorder.offered.sum(axis=1), 1.0)
    step_s = recorder.per_step * recorder.beat_s
    after = np.arange(recorder.steps) * step_s >= (faults_end_s(simulated.scenario) or 0.0)
    for one in missed:
        bad = after & (shares > CALM_BELOW)
        by_region = recorder.errors[bad].sum(axis=(0, 2))
        seen = _Region.of(simulated, int(np.argmax(by_region)))
        region, worst = simulated.regions[seen.at], int(np.argmax(np.where(bad, seen.needed - seen.ready, -np.inf)))
        back = ", as its clients came back to it" if _is_down(simulated, seen.at).any() else ""
        enough, share = _rounded(float(seen.needed[worst])), by_region[seen.at] / by_region.sum()
        yield _Finding(
            float("inf"),
            f"hold {enough:,.0f} instances in {region} from minute {worst * step_s / 60:.0f} on: it had "
            f"{seen.ready[worst]:,.0f}{back}, and {share:.0%} of what failed after the last fault failed there, the "
            f"last of it {one.measured:,.0f} s after (allowed: {one.limit:,.0f} s)",
            region,
        )


def _is_down(simulated: Simulated, at: int) -> Flags:
    """The steps in which a fault has the region down."""
    recorder, region = simulated.recorder, simulated.regions[at]
    step_min = recorder.per_step * recorder.beat_s / 60
    starts = np.arange(recorder.steps) * step_min
    down = np.zeros(recorder.steps, np.bool_)
    for fault in simulated.scenario.faults:
        if fault.kind == "region_down" and (not fault.regions or region in fault.regions):
            down |= (starts + step_min > fault.at_min) & (starts < fault.at_min + fault.for_min)
    return down


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
    """Instances for what was offered, at what each of them carried then; where none did, at the most that one did."""
    each = float((served / np.maximum(ready, 1.0)).max(initial=0.0))
    needed: Floats = np.where(
        (served > 0) & (ready > 0), ready * offered / np.maximum(served, 1e-9), offered / max(each, 1e-9)
    )
    return needed


def _lasting(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} minutes"


def _rounded(instances: float) -> float:
    digits = max(0, len(str(int(instances))) - 2)
    return float(np.ceil(instances / 10**digits) * 10**digits)
