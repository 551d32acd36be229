"""The budget's decision each minute: how fast money may be spent, and what gives way."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from functions.budget_enforcement.pacing import Ledgers, Standing, standings
from functions.budget_enforcement.serving_level import LevelDecision, LevelState, decide_level
from shared.budget.emergency_stop import StopState
from shared.budget.limits import ApprovedRaise, Limits
from shared.budget.windows import Window
from shared.domain.money import Micros
from shared.domain.serving_mode import ServingMode

TICK = timedelta(minutes=1)


@dataclass(frozen=True)
class BudgetDecision:
    """What all regions together may cost until the next tick, in list prices, and the serving mode.

    `binding` is the window that allows least. `mode` is the level's unless the emergency stop holds.
    """

    micros_per_hour: Micros
    binding: Window
    mode: ServingMode
    level: LevelDecision
    stopped_by: str
    windows: tuple[Standing, ...]


def decide_budget(
    ledgers: Ledgers,
    limits: Limits,
    raises: Sequence[ApprovedRaise],
    *,
    level: LevelState,
    stop: StopState,
    now: datetime,
    tick: timedelta = TICK,
    scale_out_denied: bool = False,
) -> BudgetDecision:
    """Decide until the next tick, from what was booked and the worst that may have been spent since.

    Whoever spends at most `micros_per_hour` passes no limit: what is left of each window is spread over at least one
    tick. Money for instances that are asked for ahead of load is spent from the moment they are there, so it is within
    this rate like any other.
    """
    windows = standings(ledgers, limits, raises, now=now, tick=tick)
    least = min(windows, key=lambda standing: standing.micros_per_hour)
    decided = decide_level(windows, level, now=now, scale_out_denied=scale_out_denied)
    return BudgetDecision(
        micros_per_hour=0 if stop.stopped else least.micros_per_hour,
        binding=least.window,
        mode=ServingMode.EMERGENCY if stop.stopped else decided.mode,
        level=decided,
        stopped_by=stop.by if stop.stopped else "",
        windows=windows,
    )
