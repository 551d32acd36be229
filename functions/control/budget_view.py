"""What control shows of the budget: amounts in dollars, times as text."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from functions.control.raise_routes import raise_view
from shared.budget.documents import LEDGER, Budget, Budgets
from shared.budget.emergency_stop import StopState
from shared.budget.limits import contradictions, limit_in
from shared.budget.standing import STANDING
from shared.budget.windows import Window
from shared.crowds.spending import load_spending
from shared.domain.money import MICROS_PER_DOLLAR
from shared.domain.prices import LIST_PRICES
from shared.domain.serving_mode import SERVING_MODE_DOCUMENT, mode_of
from shared.ports.state import StateStore

_PPM: Final = 1_000_000
_WINDOWS: Final = ("hour", "day", "month")


def budget_view(state: StateStore, budgets: Budgets, now: datetime) -> dict[str, Any]:
    """Limits and raises, what is spent, what was decided last and why, and what it is all decided by."""
    budget, stop = budgets.find(), budgets.stop()
    ledger, mode, standing = state.get_many([LEDGER, SERVING_MODE_DOCUMENT, STANDING])
    spending = load_spending(state)
    spent = None if ledger is None else ledger.data["ledger"]
    return {
        "currency": "USD",
        "budget": None if budget is None else _limits(budget, now),
        "spent": None
        if spent is None
        else {
            **{window: _dollars(spent[window]) for window in _WINDOWS},
            "booked_until": spent["booked_until"],
        },
        "dollars_per_hour": None if spending is None else _dollars(spending.micros_per_hour),
        "serving_mode": mode_of(None if mode is None else mode.data).label,
        "reason": None if mode is None else mode.data.get("reason"),
        "stopped": stop.stopped,
        "stopped_by": stop.by,
        "stop": stop_view(stop),
        "standing": None if standing is None else _standing(standing.data, budget, now),
        "prices_as_of": LIST_PRICES.as_of.isoformat(),
    }


def stop_view(stop: StopState) -> dict[str, Any]:
    """Whether everything stands still, by whom, since when, and why."""
    return {
        "stopped": stop.stopped,
        "by": stop.by,
        "ordered_at": None if stop.ordered_at is None else stop.ordered_at.isoformat(),
        "why": stop.why,
    }


def _standing(data: Mapping[str, Any], budget: Budget | None, now: datetime) -> dict[str, Any]:
    """What was decided last, against the limits of now: they may have been set since."""
    billed = data["billed"]
    limits = {
        name: one["limit"] if budget is None else limit_in(Window(name), now, budget.limits, budget.raises)
        for name, one in data["windows"].items()
    }
    return {
        "decided_at": data["decided_at"],
        "booked_until": data["booked_until"],
        "level": data["level"],
        "binding": data["binding"],
        "windows": {
            name: {
                "limit": _dollars(limits[name]),
                "booked": _dollars(one.get("booked", one["counted"])),
                "likely": _dollars(one.get("likely", one["counted"])),
                "counted": _dollars(one["counted"]),
                "projected": _dollars(one["projected"]),
                "used": one.get("likely", one["counted"]) / limits[name],
                "ends_at": one["ends_at"],
            }
            for name, one in data["windows"].items()
        },
        "alerts": data["alerts"],
        "month_end": {name: _dollars(micros) for name, micros in data["month_end"].items()},
        "worst_tick": _dollars(data["worst_tick"]),
        "correction": data["correction_ppm"] / _PPM,
        "billed": None
        if billed is None
        else {
            "amount": _dollars(billed["micros"]),
            "estimated": _dollars(billed["estimated"]),
            "published_at": billed["published_at"],
        },
    }


def _limits(budget: Budget, now: datetime) -> dict[str, Any]:
    limits = budget.limits
    return {
        "hour": _dollars(limits.hour),
        "day": _dollars(limits.day),
        "month": _dollars(limits.month),
        "raises": [raise_view(one, now) for one in budget.raises if not one.is_over(now)],
        "revision": budget.revision,
        "contradictions": list(contradictions(limits)),
    }


def _dollars(micros: int) -> float:
    return micros / MICROS_PER_DOLLAR
