"""Instances that the load of the last minutes needs: totals over windows, divided by what one instance should take."""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from functions.scaling.reactive_policy import ReactivePolicy
from functions.scaling.signals import Signal, Signals

# Sums of measured shares are not exact: a demand of 6.000000001 instances is one of 6.
ROUNDING = 1e-9
_UNKNOWN = (-1, -1)


class LoadDemand(NamedTuple):
    """Instances at target utilisation, and at the utilisation at which more must be started; the signal that asks most.

    Between the two nothing is done: load that moves within the gap starts and stops nothing.
    """

    at_target: int
    at_limit: int
    signal: Signal


def within(samples: Sequence[Signals], now: datetime, window: timedelta) -> list[Signals]:
    """The samples of a window that ends now."""
    since = now - window
    return [sample for sample in samples if since < sample.at <= now]


def load_demand(samples: Sequence[Signals], policy: ReactivePolicy) -> LoadDemand | None:
    """What the mean of these samples needs; None where neither CPU nor concurrency is known.

    What is missing counts for nothing here, so it starts no instance; it also keeps any from being stopped.
    """
    capacity = policy.concurrency_limit
    least, cpu, streams = 0, [], []
    for sample in samples:
        if sample.requests_per_s > 0:
            least = 1  # whoever asks is answered by one instance
        if sample.cpu is not None:
            cpu.append(sample.cpu * sample.instances)
        if sample.concurrency is not None:
            streams.append(sample.concurrency * sample.instances)
    by_cpu = _demand(cpu, least, policy.cpu_target, policy.cpu_out)
    by_streams = _demand(streams, least, capacity * policy.concurrency_target, capacity * policy.concurrency_out)
    if by_streams > by_cpu:
        return LoadDemand(by_streams[1], by_streams[0], Signal.CONCURRENCY)
    return LoadDemand(by_cpu[1], by_cpu[0], Signal.CPU) if cpu else None


def _demand(totals: Sequence[float], least: int, target: float, limit: float) -> tuple[int, int]:
    """Instances at the limit and at the target of each; less than none where nothing is known."""
    if not totals:
        return _UNKNOWN
    mean = sum(totals) / len(totals)
    return max(math.ceil(mean / limit - ROUNDING), least), max(math.ceil(mean / target - ROUNDING), least)
