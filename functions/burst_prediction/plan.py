"""The plan of one region: instances from the forecast, early enough to be there, stepping down gently."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from functions.burst_prediction.arrays import Flags, Floats
from functions.burst_prediction.crowds import Crowd
from functions.burst_prediction.event_basis import Phase, phases
from functions.burst_prediction.forecast import Forecast
from functions.burst_prediction.load_history import moment_of
from functions.burst_prediction.ramp import Ramp, ask_early
from shared.domain.scaling_plan import PlanReason, PlanStep, step_in

BLOCK_MIN = 5
# Floors stand on rungs a quarter apart, so that a plan has few steps: each is a job that an operator may look at.
RUNG_RATIO = 1.25


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


def plan_region(
    forecast: Forecast,
    crowds: Sequence[Crowd],
    policy: PlanPolicy,
    limits: RegionLimits,
    previous: tuple[PlanStep, ...] = (),
) -> tuple[PlanStep, ...]:
    """Steps from the start of the forecast to its end; one wherever the number of instances or the reason changes.

    A floor of the `previous` plan that is one rung too high is kept: forecasts that differ by a little from one to the
    next would otherwise postpone a rise again and again, and change every job.
    """
    minutes = _minutes(forecast, crowds, policy, limits.ramp)
    steps: list[PlanStep] = []
    for first in range(0, len(minutes.needed), BLOCK_MIN):
        begins = moment_of(forecast.made_at_min + first)
        instances, reason = _block(minutes, first, limits, step_in(previous, begins))
        if not steps or (steps[-1].instances, steps[-1].reason) != (instances, reason):
            steps.append(PlanStep(begins, instances, reason))
    return tuple(steps)


def needed_instances(forecast: Forecast, in_event: Flags, policy: PlanPolicy) -> Floats:
    """Instances for the quantile of each step and headroom above it."""
    rate = np.where(in_event, forecast.quantile(policy.event_quantile), forecast.quantile(policy.quantile))
    needed = np.ceil(rate * (1 + policy.headroom) / policy.requests_per_min)
    return np.where(rate < policy.idle_requests_per_min, 0.0, needed)


def rung(instances: float) -> int:
    """The least rung that is not below; the rungs are 0, 1, 2, 3, 4, 5, 7, 9, 12 and so on."""
    step = 0
    while step < instances:
        step = _next_rung(step)
    return step


def _next_rung(step: int) -> int:
    return max(step + 1, math.ceil(step * RUNG_RATIO))


def _steadied(wanted: int, before: PlanStep | None) -> int:
    """What is wanted, or one rung more where that was planned before; what is not needed at all is never kept."""
    kept = before is not None and wanted > 0 and before.instances == _next_rung(wanted)
    return before.instances if kept and before is not None else wanted


def _minutes(forecast: Forecast, crowds: Sequence[Crowd], policy: PlanPolicy, ramp: Ramp) -> _Minutes:
    lengths = forecast.lengths_min.astype(np.int64)
    in_event = phases(forecast.starts_min + forecast.lengths_min / 2, crowds) != Phase.QUIET
    needed = np.repeat(needed_instances(forecast, in_event, policy), lengths)
    asked = ask_early(needed, ramp)
    return _Minutes(needed, asked, _step_down(asked, policy.step_down_min), np.repeat(in_event, lengths))


def _step_down(asked: Floats, minutes: int) -> Floats:
    """What is asked for falls to nothing evenly over so many minutes, never faster."""
    padded = np.concatenate([np.zeros(minutes - 1), asked])
    windows = np.lib.stride_tricks.sliding_window_view(padded, minutes)
    left = 1 - np.arange(minutes - 1, -1, -1) / minutes
    kept: Floats = np.ceil((windows * left).max(axis=1) - 1e-9)
    return kept


def _block(minutes: _Minutes, first: int, limits: RegionLimits, before: PlanStep | None) -> tuple[int, PlanReason]:
    block = slice(first, first + BLOCK_MIN)
    wanted = _steadied(rung(float(minutes.kept[block].max())), before)
    instances = min(wanted, limits.quota)
    return instances, _reason(minutes, block, instances, limits)


def _reason(minutes: _Minutes, block: slice, instances: int, limits: RegionLimits) -> PlanReason:
    needed, asked, kept = (float(values[block].max()) for values in (minutes.needed, minutes.asked, minutes.kept))
    attainable = limits.running + limits.ramp.instances_per_min * max(0, block.stop - limits.ramp.warm_up_min)
    reasons = {
        PlanReason.QUOTA_REACHED: kept > limits.quota,
        PlanReason.NOTHING_EXPECTED: instances == 0,
        PlanReason.RAMP_TOO_SLOW: needed > attainable,
        PlanReason.STEP_DOWN: kept > asked,
        PlanReason.RAMP_AHEAD: asked > needed,
        PlanReason.EVENT: bool(minutes.in_event[block].any()),
    }
    return next((reason for reason, holds in reasons.items() if holds), PlanReason.FORECAST)
