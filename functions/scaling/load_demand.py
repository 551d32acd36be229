"""Instances that the load of the last minutes needs: totals over windows, divided by what one instance should take."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from functions.scaling.reactive_policy import ReactivePolicy
from functions.scaling.signals import Signal, Signals

# Sums of measured shares are not exact: a demand of 6.000000001 instances is one of 6.
ROUNDING = 1e-9


@dataclass(frozen=True)
class LoadDemand:
    """Instances at target utilisation, and at the utilisation at which more must be started; the signal that asks most.

    Between the two nothing is done: load that moves within the gap starts and stops nothing.
    """

    at_target: int
    at_limit: int
    signal: Signal


def within(samples: Sequence[Signals], now: datetime, window: timedelta) -> list[Signals]:
    """The samples of a window that ends now."""
    return [sample for sample in samples if now - window < sample.at <= now]


def load_demand(samples: Sequence[Signals], policy: ReactivePolicy) -> LoadDemand | None:
    """What the mean of these samples needs; None where neither CPU nor concurrency is known.

    What is missing counts for nothing here, so it starts no instance; it also keeps any from being stopped.
    """
    capacity = policy.concurrency_limit
    least = int(any(sample.requests_per_s > 0 for sample in samples))  # whoever asks is answered by one instance
    cpu = _mean([sample.cpu * sample.instances for sample in samples if sample.cpu is not None])
    streams = _mean([sample.concurrency * sample.instances for sample in samples if sample.concurrency is not None])
    demands = []
    if cpu is not None:
        at_target, at_limit = _ceil(cpu / policy.cpu_target), _ceil(cpu / policy.cpu_out)
        demands.append(LoadDemand(max(at_target, least), max(at_limit, least), Signal.CPU))
    if streams is not None:
        at_target = _ceil(streams / (capacity * policy.concurrency_target))
        at_limit = _ceil(streams / (capacity * policy.concurrency_out))
        demands.append(LoadDemand(max(at_target, least), max(at_limit, least), Signal.CONCURRENCY))
    return max(demands, key=lambda demand: (demand.at_limit, demand.at_target), default=None)


def _mean(totals: Sequence[float]) -> float | None:
    return sum(totals) / len(totals) if totals else None


def _ceil(instances: float) -> int:
    return math.ceil(instances - ROUNDING)
