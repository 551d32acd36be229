"""Signals that more instances may or may not help: latency, errors, memory.

Their value says that something is wrong, not how many instances would put it right. So one step is taken, and another
one only if the first has helped.
"""

import math
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto

from functions.scaling.reactive_policy import ReactivePolicy
from functions.scaling.signals import Signal, Signals, Urgency


@dataclass(frozen=True)
class Pressure:
    """A signal above its limit. `excess` is its value over the limit, 1 or more."""

    signal: Signal
    excess: float
    urgency: Urgency


@dataclass(frozen=True)
class Relief:
    """A step that was taken against a pressure, and how strong that was."""

    signal: Signal
    excess: float
    at: datetime


class Answer(Enum):
    """What to do about a pressure."""

    STEP = auto()
    SETTLE = auto()
    DID_NOT_HELP = auto()
    NOT_FROM_LOAD = auto()


def worst_pressure(sample: Signals, policy: ReactivePolicy) -> Pressure | None:
    """The most urgent of latency, own errors and memory above their limits, if any is."""
    errors = (sample.error_share or 0.0) - (sample.dependency_error_share or 0.0)
    latency = (sample.p99_ms or 0.0) / policy.p99_out_ms
    critical_latency = policy.p99_critical_ms / policy.p99_out_ms
    found = (
        (Signal.LATENCY, latency, Urgency.CRITICAL if latency > critical_latency else Urgency.HIGH),
        (Signal.ERRORS, errors / policy.errors_out, Urgency.HIGH),
        (Signal.MEMORY, (sample.memory or 0.0) / policy.memory_out, Urgency.HIGH),
    )
    above = [Pressure(signal, excess, urgency) for signal, excess, urgency in found if excess > 1]
    return max(above, key=lambda pressure: (pressure.urgency, pressure.excess), default=None)


def dependency_fails(sample: Signals, policy: ReactivePolicy) -> bool:
    """Whether more requests than may fail do so for a dependency's sake."""
    return (sample.dependency_error_share or 0.0) > policy.errors_out


def answer(pressure: Pressure, relief: Relief | None, sample: Signals, policy: ReactivePolicy, now: datetime) -> Answer:
    """Whether a step is due; `relief` is the last one since the pressure began."""
    if not _from_load(sample, policy):
        return Answer.NOT_FROM_LOAD
    if relief is None or relief.signal is not pressure.signal:
        return Answer.STEP
    if now - relief.at < policy.settle:
        return Answer.SETTLE
    return Answer.STEP if pressure.excess < relief.excess * (1 - policy.improvement) else Answer.DID_NOT_HELP


def step_from(instances: int, urgency: Urgency, policy: ReactivePolicy) -> int:
    """The number of instances after one step."""
    share = policy.step_critical if urgency is Urgency.CRITICAL else policy.step_high
    return instances + max(1, math.ceil(instances * share))


def _from_load(sample: Signals, policy: ReactivePolicy) -> bool:
    busy = (sample.cpu or 0.0) >= policy.from_load * policy.cpu_target
    capacity = policy.concurrency_limit * policy.concurrency_target
    return busy or (sample.concurrency or 0.0) >= policy.from_load * capacity
