"""Which serving mode the money calls for: up at once, down one at a time."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from functions.budget_enforcement.pacing import Standing
from shared.budget.windows import Window
from shared.domain.serving_mode import ServingMode

# RuVector's runbook: 100, 120 and 150 % of the budget at the present rate. Its code has 90 and 100 %, reaches no third
# level, and goes back to none at once; one table is kept, the one that an operator reads.
THRESHOLDS = {ServingMode.MINOR: 1.0, ServingMode.MAJOR: 1.2, ServingMode.CRITICAL: 1.5}
RELEASE_BELOW = 0.1
# All but spent: nothing is left for whoever may wait. Released when a new window or a raise gives some back.
EXHAUSTED, NO_LONGER_EXHAUSTED = 0.98, 0.95
# A mode is left after its cause has been gone this long.
HOLD = timedelta(minutes=5)


class LevelReason(StrEnum):
    """Why a mode was taken."""

    WITHIN_BUDGET = "within_budget"
    OVER_BUDGET_AT_THIS_RATE = "over_budget_at_this_rate"
    SCALE_OUT_DENIED = "scale_out_denied"
    EXHAUSTED = "exhausted"
    HELD = "held"
    STEPPED_DOWN = "stepped_down"


@dataclass(frozen=True)
class LevelState:
    """The mode that holds, and since when less would do."""

    mode: ServingMode = ServingMode.NORMAL
    relieved_since: datetime | None = None


@dataclass(frozen=True)
class LevelDecision:
    """The mode, why, and the window that called for it; the state is for the next decision."""

    mode: ServingMode
    reason: LevelReason
    window: Window | None
    state: LevelState


def decide_level(
    standings: Sequence[Standing], state: LevelState, *, now: datetime, scale_out_denied: bool = False
) -> LevelDecision:
    """The mode for the worst of the windows."""
    worst = max(standings, key=lambda standing: (_called_for(standing), standing.pressure))
    called = _called_for(worst)
    reason = LevelReason.EXHAUSTED if called is ServingMode.EMERGENCY else LevelReason.OVER_BUDGET_AT_THIS_RATE
    window: Window | None = worst.window
    if called is ServingMode.NORMAL:
        called = ServingMode.MINOR if scale_out_denied else ServingMode.NORMAL
        reason = LevelReason.SCALE_OUT_DENIED if scale_out_denied else LevelReason.WITHIN_BUDGET
        window = None
    if called >= state.mode:
        return LevelDecision(called, reason, window, LevelState(called))
    return _down(standings, state, called, now)


def _down(standings: Sequence[Standing], state: LevelState, called: ServingMode, now: datetime) -> LevelDecision:
    """Hold until the cause has been gone for a while, then give back one level."""
    held = max(called, *(_still_held(standing) for standing in standings))
    if held >= state.mode:
        return LevelDecision(state.mode, LevelReason.HELD, None, LevelState(state.mode))
    since = state.relieved_since or now
    if now - since < HOLD:
        return LevelDecision(state.mode, LevelReason.HELD, None, replace(state, relieved_since=since))
    lower = ServingMode(state.mode - 1)
    return LevelDecision(lower, LevelReason.STEPPED_DOWN, None, LevelState(lower, now))


def _called_for(standing: Standing) -> ServingMode:
    if standing.used >= EXHAUSTED:
        return ServingMode.EMERGENCY
    return _reached(standing.pressure)


def _still_held(standing: Standing) -> ServingMode:
    if standing.used >= NO_LONGER_EXHAUSTED:
        return ServingMode.EMERGENCY
    return _reached(standing.pressure + RELEASE_BELOW)


def _reached(pressure: float) -> ServingMode:
    reached = [mode for mode, threshold in THRESHOLDS.items() if pressure >= threshold]
    return max(reached, default=ServingMode.NORMAL)
