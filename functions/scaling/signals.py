"""What a region shows each minute, and which of it a decision followed."""

from collections.abc import Mapping
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import NamedTuple

from shared.domain.tier import Tier


class Signal(StrEnum):
    """What is measured of a region."""

    CPU = "cpu"
    CONCURRENCY = "concurrency"
    MEMORY = "memory"
    LATENCY = "latency"
    ERRORS = "errors"


class Urgency(IntEnum):
    """How bad the worst signal is; when capacity is short, the more urgent region comes first."""

    LOW = 1
    NORMAL = 2
    HIGH = 3
    CRITICAL = 4


class Signals(NamedTuple):
    """The minute of a region that ended at `at`. None: not known, as opposed to nothing.

    `instances` are ready. `cpu` and `memory` are shares of what the instances have, `concurrency` the mean number of
    requests in flight on one instance. `error_share` is of requests, `dependency_error_share` the part of it that a
    failing dependency caused: more instances would only ask it more. `by_tier` are requests, by tier of their callers.
    """

    at: datetime
    instances: int
    requests_per_s: float
    cpu: float | None
    concurrency: float | None
    memory: float | None
    p99_ms: float | None
    error_share: float | None
    dependency_error_share: float | None = 0.0
    by_tier: Mapping[Tier, int] | None = None

    @property
    def all_known(self) -> bool:
        """Whether nothing is missing."""
        measured = (self.cpu, self.concurrency, self.memory, self.p99_ms, self.error_share, self.dependency_error_share)
        return None not in measured
