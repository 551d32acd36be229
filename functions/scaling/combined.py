"""What a region is set to: floor from the plan, demand from now, ceiling from the budget and the quota."""

from enum import StrEnum
from typing import NamedTuple


class Winner(StrEnum):
    """Which of the four decided."""

    PLAN = "plan"
    DEMAND = "demand"
    BUDGET = "budget"
    QUOTA = "quota"


class CombinedDecision(NamedTuple):
    """Minimum and maximum instances to set, who decided the minimum, and how many of what was wanted are denied."""

    min_instances: int
    max_instances: int
    winner: Winner
    denied: int


def combine(*, floor: int, demand: int, budget_ceiling: int, quota: int) -> CombinedDecision:
    """The larger of plan and demand, as far as budget and quota allow. Of equals, demand and quota are named."""
    wanted = max(floor, demand)
    ceiling = max(0, min(budget_ceiling, quota))
    if wanted > ceiling:
        winner = Winner.BUDGET if budget_ceiling < quota else Winner.QUOTA
    else:
        winner = Winner.PLAN if floor > demand else Winner.DEMAND
    instances = min(wanted, ceiling)
    return CombinedDecision(instances, ceiling, winner, wanted - instances)
