"""Plans of all regions as one, with a revision that rises only when something changed."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import dropwhile

from functions.burst_prediction.forecast import HORIZON_MIN
from shared.domain.scaling_plan import PlanStep, ScalingPlan


def revise_plan(previous: ScalingPlan | None, steps: Mapping[str, tuple[PlanStep, ...]], now: datetime) -> ScalingPlan:
    """The plan to store: a new revision if it asks for anything else than the previous one from now on."""
    until = now + timedelta(minutes=HORIZON_MIN)
    if previous is None:
        return ScalingPlan(1, now, until, steps)
    regions = previous.steps.keys() | steps.keys()
    same = all(_ahead(previous.steps.get(region, ()), now) == _ahead(steps.get(region, ()), now) for region in regions)
    # The same steps for longer keep their revision: nobody needs to be told, and the end moves on.
    return ScalingPlan(previous.revision if same else previous.revision + 1, now, until, steps)


def _ahead(steps: tuple[PlanStep, ...], now: datetime) -> list[tuple[datetime, int]]:
    """Changes of the number of instances, the one that holds now first; a region without steps has none of them."""
    over = sum(step.starts_at <= now for step in steps) - 1
    ahead = [(max(step.starts_at, now), step.instances) for step in steps[max(over, 0) :]]
    changes = [step for number, step in enumerate(ahead) if number == 0 or step[1] != ahead[number - 1][1]]
    return list(dropwhile(lambda change: change[1] == 0, changes))
