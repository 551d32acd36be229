"""What to change, from what was seen: which limit to raise, where to be warm and when. Nothing seen, nothing said."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.rehearsal.objectives import CALM_BELOW, faults_end_s
from benchmarks.rehearsal.result import Run
from benchmarks.simulator.fault_advice import on_faults, struck
from benchmarks.simulator.fleet import CPU_TARGET
from benchmarks.simulator.foresight import announced
from benchmarks.simulator.shortage import (
    Finding,
    Shortage,
    at_target,
    down,
    minute,
    rounded,
    span,
    step_s,
)
from benchmarks.simulator.simulation import Simulated
from shared.domain.calendar import MAX_EXPECTED_MULTIPLE
from shared.domain.money import dollars

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

MOST: Final = 5
_GROWN: Final = 1.5
"""A region whose own clients ask so many times what they asked at the start has a crowd."""
_HANDED_ON: Final = 0.1
"""Of its own requests: where so many were handed on to a region without a crowd, they are what was too much."""
_WORTH_SAYING: Final = 0.0005
"""Of all requests: what cost less is not worth a change."""
_SPENT: Final = 0.8
"""Ceilings that cost so much of what an hour may, are kept down by that."""


_AT_LEAST: Final = 0.1
"""Of what may be spent: less is no more, since minutes that are not measured yet are booked at their worst."""


def advice(simulated: Simulated, run: Run) -> tuple[str, ...]:
    """Sentences, the costliest first, five at most. Each request that failed is told of once, by what it failed for."""
    seen = [Shortage.of(simulated, at) for at in range(len(simulated.regions))]
    last = list(_recovery(simulated, run, seen))
    told = {one.region for one in last}
    bounds = _Bounds.of(simulated, seen)
    others = [one for one in _capacity(simulated, seen, bounds) if one.region not in told]
    faults = [one for one in on_faults(simulated, seen) if not one.region or one.region not in told]
    found = sorted([*last, *others, *faults, *_bounded(simulated, run, seen, bounds)], reverse=True)
    worth = [one.text for one in found if one.requests > _WORTH_SAYING * run.summary.asked]
    return tuple(worth[:MOST])


@dataclass(frozen=True)
class _Bounds:
    """Regions and steps in which fewer instances were allowed than the quota: by money, or by their sum."""

    by_money: Flags
    by_sum: Flags

    @classmethod
    def of(cls, simulated: Simulated, seen: Sequence[Shortage]) -> "_Bounds":
        bounded = np.array([one.is_full & (one.ceiling < one.quota) & ~struck(simulated, one.at) for one in seen])
        prices = simulated.micros_per_instance_hour
        cost = sum(one.ceiling * price for one, price in zip(seen, prices, strict=True))
        by_money = bounded & (cost >= _SPENT * np.nan_to_num(simulated.recorder.allowed_per_hour, nan=np.inf))
        is_too_few = _needs(seen).sum(axis=0) / CPU_TARGET > simulated.total_instances
        return cls(by_money, bounded & ~by_money & is_too_few)


def _capacity(simulated: Simulated, seen: Sequence[Shortage], bounds: _Bounds) -> Iterator[Finding]:
    """Regions that failed requests: at their quota, or while they waited for instances. Not those that were down."""
    asked = float(simulated.recorder.offered.sum())
    for one in seen:
        short = one.short & ~struck(simulated, one.at)
        full = short & one.is_full & (one.ceiling >= one.quota)
        if full.any():
            lost, worst = float(one.failed[full].sum()), one.worst(full)
            enough = max(at_target(_own_need(simulated, one, full)), one.quota + 1)
            yield Finding(
                lost,
                f"raise the quota of {one.region} from {one.quota:,.0f} to {enough:,.0f} instances: "
                f"at minute {minute(simulated, worst)} it had all that it may have, and {lost / asked:.2%} "
                f"of all requests failed there {span(simulated, full)}",
                one.region,
            )
        late = short & ~full & ~bounds.by_money[one.at] & ~bounds.by_sum[one.at]
        if late.any():
            lost = float(one.failed[late].sum())
            text = f"{_earlier(simulated, one, late)}; {lost / asked:.2%} of all requests failed there"
            yield Finding(lost, text, one.region)


def _own_need(simulated: Simulated, one: Shortage, steps: Flags) -> float:
    """The most that a region needed, the clients included that were handed on from it."""
    recorder = simulated.recorder
    more = np.maximum(recorder.asked[:, one.at] / np.maximum(recorder.offered[:, one.at], 1.0), 1.0)
    return float((one.needed * more)[steps].max())


def _earlier(simulated: Simulated, seen: Shortage, late: Flags) -> str:
    """Instances for the step in which most were missing: for a crowd of its own, or for what others sent there."""
    worst, recorder, region = seen.worst(late), simulated.recorder, seen.region
    ready = float(seen.ready[worst])
    enough = rounded(max(float(seen.needed[worst]), ready + 1))
    sent = recorder.sent[worst, :, seen.at].copy()
    own, sent[seen.at] = sent[seen.at], 0.0
    grown = recorder.asked[worst, seen.at] > _GROWN * recorder.asked[0, seen.at]
    if sent.sum() > own * (1.0 if grown else _HANDED_ON):
        origin = simulated.regions[int(np.argmax(sent))]
        return (
            f"hold {enough:,.0f} instances in {region}, or more where the clients are: it had {ready:,.0f} "
            f"at minute {minute(simulated, worst)}, when {sent.sum() / (sent.sum() + own):.0%} of its requests were "
            f"handed on to it, most by {origin}"
        )
    return (
        f"{_announced(simulated, seen, worst) if grown else f'prewarm {region}'}: {enough:,.0f} instances ready by "
        f"minute {minute(simulated, worst)}, where there were {ready:,.0f} and the plan had "
        f"{recorder.state['planned'][worst, seen.at]:,.0f}; {_until(simulated, seen, late, worst)}"
    )


def _announced(simulated: Simulated, seen: Shortage, worst: int) -> str:
    """The event that would have had them: as long as the crowd is there, by how many times it is what is usual."""
    recorder, region = simulated.recorder, seen.region
    asked = recorder.asked[:, seen.at] / recorder.beats
    crowd = _around(asked > _GROWN * asked[0], worst)
    usual = max(float(asked[0]), float(asked[crowd].max()) / MAX_EXPECTED_MULTIPLE)
    multiple = float(np.ceil(2 * asked[crowd].max() / usual) / 2)
    size = f"{multiple:g} times its usual load at the peak {span(simulated, crowd)}"
    named = [event for event in announced(simulated.scenario) if region in event.region_weights]
    if not named:
        command = f"swell calendar add --expected-multiple {multiple:g} --peak-after-min 0"
        return f"announce the crowd of {region}, {size} ({command})"
    said = max(event.multiple_in(region) or 0.0 for event in named)
    if said >= multiple:
        return f"begin the event of {region} with its crowd, {size}, as announced (swell calendar edit --starts)"
    now = f"says {said:.3g} there" if said else "is not given"
    command = f"swell calendar edit --expected-multiple {multiple:g} --peak-after-min 0"
    return f"announce more of the crowd of {region} (expected_multiple of its event {now}), {size} ({command})"


def _until(simulated: Simulated, seen: Shortage, late: Flags, worst: int) -> str:
    """For how long it failed from the worst step on, how many instances ended that, and whether it came again."""
    over = np.flatnonzero(~late[worst:])
    lasted = "it failed requests to the end"
    if len(over):
        enough = seen.ready[worst + over[0]]
        more = _lasting(over[0] * step_s(simulated))
        lasted = f"it failed requests for {more} more, until there were {enough:,.0f}"
    spells = int(np.count_nonzero(late[1:] & ~late[:-1])) + int(late[0])
    return lasted + (f", and so {spells} times in all" if spells > 1 else "")


def _around(steps: Flags, at: int) -> Flags:
    """Those in a row with one of them."""
    edges = np.flatnonzero(~steps)
    found = np.zeros(len(steps), np.bool_)
    found[max(edges[edges < at], default=-1) + 1 : min(edges[edges > at], default=len(steps))] = True
    return found


def _recovery(simulated: Simulated, run: Run, regions: Sequence[Shortage]) -> Iterator[Finding]:
    """Where requests failed last, if they did for longer after the last fault than they may."""
    missed = [one for one in run.objectives if one.name == "recovery_s" and one.met is False]
    recorder = simulated.recorder
    shares = recorder.errors.sum(axis=(1, 2)) / np.maximum(recorder.offered.sum(axis=1), 1.0)
    after = np.arange(recorder.steps) * step_s(simulated) >= (faults_end_s(simulated.scenario) or 0.0)
    for one in missed:
        bad = after & (shares > CALM_BELOW)
        by_region = recorder.errors[bad].sum(axis=(0, 2))
        if not by_region.any():
            continue
        seen = regions[int(np.argmax(by_region))]
        worst = seen.worst(bad)
        back = ", as its clients came back to it" if down(simulated, seen.at).any() else ""
        enough, share = rounded(float(seen.needed[worst])), by_region[seen.at] / by_region.sum()
        yield Finding(
            float("inf"),
            f"hold {enough:,.0f} instances in {seen.region} from minute {minute(simulated, worst)} on: it had "
            f"{seen.ready[worst]:,.0f}{back}, and {share:.0%} of what failed after the last fault failed there, the "
            f"last of it {one.measured:,.0f} s after (allowed: {one.limit:,.0f} s)",
            seen.region,
        )


def _bounded(simulated: Simulated, run: Run, seen: Sequence[Shortage], bounds: _Bounds) -> Iterator[Finding]:
    """What failed or was shed where fewer instances were allowed than the quota."""
    by_sum, by_money = bounds.by_sum, bounds.by_money
    failed = np.array([one.failed for one in seen])
    asked = run.summary.asked
    if by_sum.any():
        lost = float(failed[by_sum].sum())
        steps = np.asarray(by_sum.any(axis=0))
        enough = at_target(float(_needs(seen).sum(axis=0)[steps].max()))
        yield Finding(
            lost,
            f"raise the number of instances in all from {simulated.total_instances:,} to {enough:,.0f} "
            f"(SWELL_TOTAL_INSTANCES): {lost / asked:.2%} of all requests failed {span(simulated, steps)}, while "
            f"regions had all that this leaves them, most in {_most(seen, np.where(by_sum, failed, 0.0))}",
        )
    shed, lost = float(sum(run.summary.shed.values())), float(failed[by_money].sum())
    if simulated.policy.budget and shed + lost:
        yield _money(simulated, run, seen, lost, by_money)


def _money(simulated: Simulated, run: Run, seen: Sequence[Shortage], lost: float, by_money: Flags) -> Finding:
    recorder, budget, asked = simulated.recorder, simulated.scenario.budget, run.summary.asked
    shed: Floats = recorder.shed.sum(axis=2).T
    steps = np.asarray(by_money.any(axis=0) | (shed.sum(axis=0) > 0))
    an_hour = np.array(simulated.micros_per_instance_hour) @ _needs(seen) / CPU_TARGET
    limit = budget.hour + budget.approved_per_hour
    more = max(float(an_hour[steps].max()) / 1e6 - limit, _AT_LEAST * limit)
    allowed = dollars(round(min((value for value in run.world.allowed_per_hour if value is not None), default=0)))
    failed = np.where(by_money, np.array([one.failed for one in seen]), 0.0)
    return Finding(
        float(shed.sum()) + lost,
        f"approve ${rounded(more):,.0f} more an hour (swell budget approve) {span(simulated, steps)}: {allowed} an "
        f"hour was allowed at the least; serving modes shed {float(shed.sum()) / asked:.2%} of all requests and "
        f"{lost / asked:.2%} failed for want of instances that it allowed, most in {_most(seen, shed + failed)}",
    )


def _needs(seen: Sequence[Shortage]) -> Floats:
    """Busy instances (regions, steps) for all that was offered, so that nobody is shed."""
    return np.array([one.needed for one in seen])


def _most(seen: Sequence[Shortage], lost: Floats) -> str:
    return seen[int(np.argmax(lost.sum(axis=1)))].region


def _lasting(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} minutes"
