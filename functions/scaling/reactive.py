"""The demand of a region from what it shows now: out within one decision, in slowly."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from functions.scaling.load_demand import ROUNDING, LoadDemand, load_demand, within
from functions.scaling.pressure import Answer, Pressure, Relief, answer, dependency_fails, step_from, worst_pressure
from functions.scaling.reactive_policy import ReactivePolicy
from functions.scaling.signals import Signal, Signals, Urgency


class ScaleReason(StrEnum):
    """Why the demand is what it is."""

    OUT_LOAD = "out_load"
    OUT_BURST = "out_burst"
    OUT_PRESSURE = "out_pressure"
    IN_CALM = "in_calm"
    STEADY = "steady"
    AT_MAXIMUM = "at_maximum"
    AT_MINIMUM = "at_minimum"
    IN_COOLDOWN = "in_cooldown"
    SELDOM_ASKED = "seldom_asked"
    NOT_IDLE_FOR_LONG = "not_idle_for_long"
    BURST_NOT_OVER = "burst_not_over"
    PRESSURE_SETTLING = "pressure_settling"
    PRESSURE_NOT_HELPED = "pressure_not_helped"
    PRESSURE_NOT_FROM_LOAD = "pressure_not_from_load"
    DEPENDENCY_FAILING = "dependency_failing"
    SIGNAL_MISSING = "signal_missing"
    NO_DATA = "no_data"


class Bounds(NamedTuple):
    """The least and the most instances of a region that load may ask for."""

    least: int
    most: int


@dataclass(frozen=True)
class Limit:
    """The load of one instance, in requests a second, to which a step against pressure brought it."""

    requests_per_s: float
    at: datetime


class ReactiveState(NamedTuple):
    """What one decision leaves to the next. `instances` is the demand decided last.

    `asked_at` is when the last request was seen, or, where none was yet, when one was first looked for.
    """

    instances: int
    changed_at: datetime | None = None
    asked_at: datetime | None = None
    burst_at: datetime | None = None
    relief: Relief | None = None
    limit: Limit | None = None


class ScaleDecision(NamedTuple):
    """The demand, what it was, why, and the state for the next decision."""

    instances: int
    previous: int
    reason: ScaleReason
    signal: Signal | None
    urgency: Urgency
    state: ReactiveState

    @property
    def changes(self) -> bool:
        """Whether the demand is another one than before."""
        return self.instances != self.previous


class _Wish(NamedTuple):
    """What the signals ask for, before bounds; `instances` is the state's where they ask for no change."""

    instances: int
    reason: ScaleReason
    signal: Signal | None = None


class _Minute(NamedTuple):
    """What is known when a decision is made: the stable window, its newest sample, and what both need."""

    now: datetime
    recent: Sequence[Signals]
    sample: Signals
    stable: LoadDemand | None
    panic: LoadDemand | None
    pressure: Pressure | None


def decide_demand(
    samples: Sequence[Signals], state: ReactiveState, bounds: Bounds, policy: ReactivePolicy, now: datetime
) -> ScaleDecision:
    """The demand of a region, from its last minutes of signals, the newest last."""
    recent, newest = within(samples, now, policy.stable_window), within(samples, now, policy.panic_window)
    if not newest:
        return _decided(_Wish(state.instances, ScaleReason.NO_DATA), Urgency.LOW, state, bounds, now)
    minute = _Minute(
        now=now,
        recent=recent,
        sample=newest[-1],
        stable=load_demand(recent, policy),
        panic=load_demand(newest, policy),
        pressure=worst_pressure(newest[-1], policy),
    )
    state = _noted(state, minute, policy)
    wish = _out(state, minute, policy) or _relieve(state, minute, policy) or _in(state, minute, policy)
    decision = _decided(wish, _urgency(minute, policy), state, bounds, now)
    if decision.reason is not ScaleReason.OUT_PRESSURE or minute.pressure is None:
        return decision
    relief = Relief(minute.pressure.signal, minute.pressure.excess, now)
    limit = Limit(minute.sample.requests_per_s / max(1, decision.instances), now)
    return decision._replace(state=decision.state._replace(relief=relief, limit=limit))


def _noted(state: ReactiveState, minute: _Minute, policy: ReactivePolicy) -> ReactiveState:
    """The state with what this minute shows: a burst that goes on, pressure that is over, a limit that has aged."""
    ready = max(1, minute.sample.instances)
    bursts = minute.panic is not None and minute.panic.at_target >= policy.panic_threshold * ready
    asked = [sample.at for sample in minute.recent if sample.requests_per_s > 0]
    aged = state.limit is not None and minute.now - state.limit.at > policy.limit_memory
    return ReactiveState(
        instances=state.instances,
        changed_at=state.changed_at,
        asked_at=max([state.asked_at or minute.now, *asked]),
        burst_at=minute.now if bursts else state.burst_at,
        relief=None if minute.pressure is None else state.relief,
        limit=None if aged else state.limit,
    )


def _out(state: ReactiveState, minute: _Minute, policy: ReactivePolicy) -> _Wish | None:
    """More instances, as many as the load needs at its target, where it passes the limit of those there are."""
    demands = [demand for demand in (minute.stable, minute.panic) if demand and demand.at_limit > state.instances]
    if not demands:
        return None
    most = max(demands, key=lambda demand: demand.at_target)
    if state.instances == 0 and most.at_limit == 1 and not _is_awake(minute, policy):
        return None
    largest = math.ceil(policy.max_up_rate * max(1, state.instances))
    reason = ScaleReason.OUT_BURST if state.burst_at == minute.now else ScaleReason.OUT_LOAD
    return _Wish(min(most.at_target, largest), reason, most.signal)


def _is_awake(minute: _Minute, policy: ReactivePolicy) -> bool:
    """Whether requests are more than a few: those the platform answers with an instance that it starts by itself."""
    return sum(sample.requests_per_s > 0 for sample in minute.recent) >= policy.awake_minutes


def _relieve(state: ReactiveState, minute: _Minute, policy: ReactivePolicy) -> _Wish | None:
    """A step against latency, errors or memory; while there is pressure nothing is scaled in."""
    sample, pressure = minute.sample, minute.pressure
    if dependency_fails(sample, policy):
        return _Wish(state.instances, ScaleReason.DEPENDENCY_FAILING, Signal.ERRORS)
    if pressure is None:
        return None
    due = answer(pressure, state.relief, sample, policy, minute.now)
    if due is Answer.STEP:
        instances = step_from(max(state.instances, sample.instances), pressure.urgency, policy)
        return _Wish(instances, ScaleReason.OUT_PRESSURE, pressure.signal)
    reasons = {
        Answer.SETTLE: ScaleReason.PRESSURE_SETTLING,
        Answer.DID_NOT_HELP: ScaleReason.PRESSURE_NOT_HELPED,
        Answer.NOT_FROM_LOAD: ScaleReason.PRESSURE_NOT_FROM_LOAD,
    }
    return _Wish(state.instances, reasons[due], pressure.signal)


def _in(state: ReactiveState, minute: _Minute, policy: ReactivePolicy) -> _Wish:
    """Fewer instances: the most that any minute of the stable window needed, at most a halving at a time."""
    now, recent = minute.now, minute.recent
    least, enough = 0, state.instances * (1 - policy.tolerance)
    for sample in reversed(recent):
        least = max(least, _needed(sample, state, policy))
        if least and least >= enough:
            break
    if least >= enough:
        return _Wish(state.instances, ScaleReason.STEADY if state.instances or not least else ScaleReason.SELDOM_ASKED)
    # One minute is missing from a full window of minutes that end on the clock, never two.
    full = now - recent[0].at >= policy.stable_window - policy.panic_window
    blocks = {
        ScaleReason.SIGNAL_MISSING: not full or not all(sample.all_known for sample in recent),
        ScaleReason.BURST_NOT_OVER: state.burst_at is not None and now - state.burst_at < policy.stable_window,
        ScaleReason.IN_COOLDOWN: state.changed_at is not None and now - state.changed_at < policy.in_cooldown,
    }
    for reason, blocked in blocks.items():
        if blocked:
            return _Wish(state.instances, reason)
    fewer = max(least, math.floor(state.instances / policy.max_down_rate))
    if fewer == 0 and not (state.asked_at and now - state.asked_at >= policy.idle_window):
        return _Wish(state.instances, ScaleReason.NOT_IDLE_FOR_LONG)
    return _Wish(fewer, ScaleReason.IN_CALM)


def _needed(sample: Signals, state: ReactiveState, policy: ReactivePolicy) -> int:
    """What one minute needed; a minute without a request needed nothing, whatever idling costs."""
    if sample.requests_per_s == 0:
        return 0
    demand = load_demand([sample], policy)
    by_load = state.instances if demand is None else demand.at_target
    if state.limit is None:
        return max(1, by_load)
    by_limit = math.ceil(sample.requests_per_s / max(state.limit.requests_per_s, 1e-9) - ROUNDING)
    return max(1, by_load, min(by_limit, state.instances))


def _urgency(minute: _Minute, policy: ReactivePolicy) -> Urgency:
    """That of the worst signal."""
    sample, pressure = minute.sample, minute.pressure
    cpu, streams = sample.cpu or 0.0, (sample.concurrency or 0.0) / policy.concurrency_limit
    levels = {
        Urgency.CRITICAL: cpu > policy.cpu_critical or streams > 1,
        Urgency.HIGH: cpu > policy.cpu_high,
        Urgency.NORMAL: cpu > policy.cpu_out or streams > policy.concurrency_out,
    }
    by_load = next((urgency for urgency, holds in levels.items() if holds), Urgency.LOW)
    return by_load if pressure is None else max(by_load, pressure.urgency)


def _decided(wish: _Wish, urgency: Urgency, state: ReactiveState, bounds: Bounds, now: datetime) -> ScaleDecision:
    previous = state.instances
    instances = min(max(wish.instances, bounds.least), bounds.most)
    reason = wish.reason
    if instances == previous and wish.instances > previous:
        reason = ScaleReason.AT_MAXIMUM
    elif instances == previous and wish.instances < previous:
        reason = ScaleReason.AT_MINIMUM
    if instances != previous:
        state = state._replace(instances=instances, changed_at=now)
    return ScaleDecision(
        instances=instances,
        previous=previous,
        reason=reason,
        signal=wish.signal,
        urgency=urgency,
        state=state,
    )
