"""The plan of one region: instances from the forecast, early enough to be there, stepping down gently."""

import math
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from functions.burst_prediction.arrays import Flags, Floats, Indices
from functions.burst_prediction.crowds import Crowd
from functions.burst_prediction.event_basis import Phase, phases
from functions.burst_prediction.forecast import Forecast
from functions.burst_prediction.load_history import moment_of
from functions.burst_prediction.ramp import Ramp, ask_early
from shared.domain.scaling_plan import PlanReason, PlanStep, step_in

BLOCK_MIN = 5
FAR_STEP_MIN = 15  # of the forecast, hours ahead
# Floors stand on rungs a quarter apart, so that a plan has few steps: each is a job that an operator may look at.
RUNG_RATIO = 1.25
# What is foreseen of a region that is hardly asked moves around the load below which no instance is kept. A single one
# is planned only where the median reaches a quarter of that load, too, and is planned on until the quantile does not:
# so it does not come and go with every request, whose first one the platform answers with an instance of its own.
LEAST_KEPT_SHARE = 0.25
_RUNGS: Final = [0]


@dataclass(frozen=True)
class PlanPolicy:
    """How a forecast becomes instances.

    `requests_per_min` is what one instance answers within its latency target, measured. `headroom` is kept free above
    the quantile. Below `idle_requests_per_min` no instance is kept: a region between crowds costs nothing.
    """

    requests_per_min: float
    quantile: float = 0.9
    event_quantile: float = 0.95
    headroom: float = 0.1
    idle_requests_per_min: float = 1.0
    step_down_min: int = 30

    def __post_init__(self) -> None:
        """Refuse a policy that plans nothing or everything.

        Raises:
            ValueError: the text names the field, its value and what is allowed.
        """
        if not self.requests_per_min > 0:
            raise ValueError(f"requests_per_min: got {self.requests_per_min}, allowed: more than 0")
        if not 0 <= self.headroom <= 2:
            raise ValueError(f"headroom: got {self.headroom}, allowed: 0 to 2")
        if not 1 <= self.step_down_min <= 240:
            raise ValueError(f"step_down_min: got {self.step_down_min}, allowed: 1 to 240")


@dataclass(frozen=True)
class RegionLimits:
    """What a region can do: instances it may have, how fast they come, and how many are asked for now."""

    quota: int
    ramp: Ramp
    running: int


@dataclass(frozen=True)
class _Minutes:
    """Each minute of the plan: what load needs, what must be asked for so early, and what is kept after it."""

    needed: Floats
    asked: Floats
    kept: Floats
    in_event: Flags
    by_prior: Flags
    hardly_idle: Flags
    far: Flags


class _Block(NamedTuple):
    """The most of each in the minutes of a block."""

    needed: float
    asked: float
    kept: float
    in_event: bool
    by_prior: bool
    hardly_idle: bool
    far: bool

    @property
    def far_blocks(self) -> int:
        """How many blocks a step of the forecast spans beyond this one."""
        return FAR_STEP_MIN // BLOCK_MIN if self.far else 0


def plan_region(
    forecast: Forecast,
    crowds: Sequence[Crowd],
    policy: PlanPolicy,
    limits: RegionLimits,
    previous: tuple[PlanStep, ...] = (),
) -> tuple[PlanStep, ...]:
    """Steps from the start of the forecast to its end; one wherever the number of instances or the reason changes.

    A floor of the `previous` plan that is one rung too high is kept, one of a single instance only while load is not
    far from being expected: forecasts that differ by a little from one to the next would otherwise postpone a rise
    again and again, and change every job. For the same reason a floor far ahead is kept where as many are wanted within
    a step of the forecast, whose bounds move on with each forecast.
    """
    starts_min = _block_starts(forecast)
    blocks = _blocks(_minutes(forecast, crowds, policy, limits.ramp), starts_min)
    begins = [moment_of(forecast.made_at_min + start_min) for start_min in starts_min.tolist()]
    before = [step_in(previous, moment) for moment in begins]
    wanted = [
        _steadied(rung(block.kept), one, hardly_idle=block.hardly_idle)
        for block, one in zip(blocks, before, strict=True)
    ]
    steps: list[PlanStep] = []
    for number, block in enumerate(blocks):
        instances = min(_held(wanted, number, before[number], block.far_blocks), limits.quota)
        reason = _reason(block, int(starts_min[number]) + BLOCK_MIN, instances, limits)
        if not steps or (steps[-1].instances, steps[-1].reason) != (instances, reason):
            steps.append(PlanStep(begins[number], instances, reason))
    return tuple(steps)


def needed_instances(forecast: Forecast, in_event: Flags, policy: PlanPolicy) -> Floats:
    """Instances for the quantile of each step and headroom above it."""
    rate = _planned_rate(forecast, in_event, policy)
    needed = np.ceil(rate * (1 + policy.headroom) / policy.requests_per_min)
    seldom_asked = forecast.quantile(0.5) < LEAST_KEPT_SHARE * policy.idle_requests_per_min
    idle = (rate < policy.idle_requests_per_min) | (seldom_asked & (needed <= 1) & ~in_event)
    return np.where(idle, 0.0, needed)


def _planned_rate(forecast: Forecast, in_event: Flags, policy: PlanPolicy) -> Floats:
    return np.where(in_event, forecast.quantile(policy.event_quantile), forecast.quantile(policy.quantile))


def rung(instances: float) -> int:
    """The least rung that is not below; the rungs are 0, 1, 2, 3, 4, 5, 7, 9, 12 and so on."""
    while _RUNGS[-1] < instances:
        _RUNGS.append(_next_rung(_RUNGS[-1]))
    return _RUNGS[bisect_left(_RUNGS, instances)]


def _next_rung(step: int) -> int:
    return max(step + 1, math.ceil(step * RUNG_RATIO))


def _steadied(wanted: int, before: PlanStep | None, *, hardly_idle: bool) -> int:
    """What is wanted, or one rung more where that was planned before."""
    if before is None or before.instances != _next_rung(wanted):
        return wanted
    return before.instances if wanted > 0 or hardly_idle else wanted


def _held(wanted: Sequence[int], number: int, before: PlanStep | None, within: int) -> int:
    """What is wanted, or as many as were planned before where so many are wanted within a few blocks."""
    near = wanted[max(0, number - within) : number + within + 1]
    if before is None or not wanted[number] < before.instances <= max(near):
        return wanted[number]
    return before.instances


def _minutes(forecast: Forecast, crowds: Sequence[Crowd], policy: PlanPolicy, ramp: Ramp) -> _Minutes:
    lengths = forecast.lengths_min.astype(np.int64)
    in_event = phases(forecast.starts_min + forecast.lengths_min / 2, crowds) != Phase.QUIET
    needed = np.repeat(needed_instances(forecast, in_event, policy), lengths)
    hardly_idle = _planned_rate(forecast, in_event, policy) >= LEAST_KEPT_SHARE * policy.idle_requests_per_min
    by_prior = np.zeros(len(needed), np.bool_) if forecast.by_prior is None else np.repeat(forecast.by_prior, lengths)
    asked = ask_early(needed, ramp)
    return _Minutes(
        needed=needed,
        asked=asked,
        kept=_step_down(asked, policy.step_down_min),
        in_event=np.repeat(in_event, lengths),
        by_prior=by_prior,
        hardly_idle=np.repeat(hardly_idle, lengths),
        far=np.repeat(lengths >= FAR_STEP_MIN, lengths),
    )


def _step_down(asked: Floats, minutes: int) -> Floats:
    """What is asked for falls to nothing evenly over so many minutes, never faster."""
    padded = np.concatenate([np.zeros(minutes - 1), asked])
    windows = np.lib.stride_tricks.sliding_window_view(padded, minutes)
    left = 1 - np.arange(minutes - 1, -1, -1) / minutes
    kept: Floats = np.ceil((windows * left).max(axis=1) - 1e-9)
    return kept


def _block_starts(forecast: Forecast) -> Indices:
    """In minutes from the start of the forecast: blocks begin where the clock has a multiple of their length."""
    first = BLOCK_MIN - int(forecast.made_at_min) % BLOCK_MIN
    later = np.arange(first, int(forecast.lengths_min.sum()), BLOCK_MIN, dtype=np.int64)
    return np.concatenate([np.zeros(1, np.int64), later])


def _blocks(minutes: _Minutes, starts: Indices) -> list[_Block]:
    most = [np.maximum.reduceat(values, starts).tolist() for values in (minutes.needed, minutes.asked, minutes.kept)]
    flags = (minutes.in_event, minutes.by_prior & (minutes.needed > 0), minutes.hardly_idle, minutes.far)
    any_of = [np.logical_or.reduceat(values, starts).tolist() for values in flags]
    return [_Block(*block) for block in zip(*most, *any_of, strict=True)]


def _reason(block: _Block, stop_min: int, instances: int, limits: RegionLimits) -> PlanReason:
    """Why so many; the first that holds."""
    return next(_reasons(block, stop_min, instances, limits))


def _reasons(block: _Block, stop_min: int, instances: int, limits: RegionLimits) -> Iterator[PlanReason]:
    if block.kept > limits.quota:
        yield PlanReason.QUOTA_REACHED
    if instances == 0:
        yield PlanReason.NOTHING_EXPECTED
    if block.needed > limits.running + limits.ramp.instances_per_min * max(0, stop_min - limits.ramp.warm_up_min):
        yield PlanReason.RAMP_TOO_SLOW
    if block.kept > block.asked:
        yield PlanReason.STEP_DOWN
    if block.asked > block.needed:
        yield PlanReason.RAMP_AHEAD
    if block.by_prior:
        yield PlanReason.PRIOR
    yield PlanReason.EVENT if block.in_event else PlanReason.FORECAST
