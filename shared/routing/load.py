"""What a region reports of itself. Measured values only: what was not measured is None, never a guess."""

from typing import NamedTuple


class RegionLoad(NamedTuple):
    """One reading of one region.

    `capacity` is what the region can serve at once with the instances it may have, `demand` what is asked of it by
    the clients for whom it is the nearest region, wherever they are answered at the moment; both in one unit.
    """

    instances_healthy: int
    instances_total: int
    instances_max: int
    capacity: float
    demand: float
    p99_ms: float | None = None
    error_rate: float | None = None
    """Failed requests / requests, 0 to 1."""
    runs_all: bool = False
    """Whether all of `capacity` is that of instances that run, or it is not known how many do."""

    @property
    def at_once(self) -> float:
        """The part of `capacity` that runs; of a region that is scaled to zero one instance, which asking starts.

        A region that is used starts more, so this grows from look to look as far as the region is asked.
        """
        if self.runs_all or self.instances_max <= 0:
            return self.capacity
        return self.capacity * min(1.0, max(self.instances_healthy, 1) / self.instances_max)

    @property
    def utilisation(self) -> float:
        """Demand over capacity; a region without capacity is full."""
        if self.capacity <= 0:
            return 1.0
        return self.demand / self.capacity

    @property
    def instances_share(self) -> float:
        """Running instances over those allowed."""
        return self.instances_total / self.instances_max if self.instances_max > 0 else 1.0

    @property
    def is_down(self) -> bool:
        """Instances run, and none of them is healthy. A region scaled to zero is cold, not down."""
        return self.instances_total > 0 and self.instances_healthy <= 0
