"""What a decision looked like, as a state document for people: windows, level, alerts, the month's end, the worst."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from functions.budget_enforcement.alerts import alerts_for
from functions.budget_enforcement.budget_policy import BudgetDecision
from functions.budget_enforcement.ledger import SpendLedger
from functions.budget_enforcement.month_end import MonthEnd
from shared.budget.standing import STANDING
from shared.domain.money import Micros
from shared.ports.state import Put


@dataclass(frozen=True)
class Outlook:
    """What is known beside the decision: `worst_tick` is what all instances that there may be can cost in one tick."""

    month_end: MonthEnd
    worst_tick: Micros
    since: datetime


def reason_of(decision: BudgetDecision) -> str:
    """Why the mode holds, in words that stay."""
    return f"stopped by {decision.stopped_by}" if decision.stopped_by else decision.level.reason.value


def standing_write(ledger: SpendLedger, decision: BudgetDecision, outlook: Outlook, now: datetime) -> Put:
    """The write that keeps it; amounts are micro-dollars."""
    billed, level = ledger.billed, decision.level
    return Put(
        STANDING,
        {
            "decided_at": now.isoformat(),
            "booked_until": ledger.booked_until.isoformat(),
            "micros_per_hour": decision.micros_per_hour,
            "binding": decision.binding.value,
            "level": {
                "mode": int(decision.mode),
                "label": decision.mode.label,
                "reason": reason_of(decision),
                "window": None if level.window is None else level.window.value,
                "since": outlook.since.isoformat(),
            },
            "windows": {
                standing.window.value: {
                    "limit": standing.limit,
                    "booked": standing.booked,
                    "likely": standing.likely,
                    "counted": standing.counted,
                    "projected": standing.projected,
                    "ends_at": standing.window.end_of(now).isoformat(),
                }
                for standing in decision.windows
            },
            "alerts": _alerts(decision),
            "month_end": {"expected": outlook.month_end.expected, "at_most": outlook.month_end.at_most},
            "worst_tick": outlook.worst_tick,
            "correction_ppm": ledger.correction_ppm,
            "billed": None
            if billed is None
            else {
                "micros": billed.micros,
                "published_at": billed.published_at.isoformat(),
                "estimated": billed.estimated_micros,
            },
        },
    )


def _alerts(decision: BudgetDecision) -> Sequence[dict[str, Any]]:
    return [
        {"alert": alert.name.lower(), "window": standing.window.value, "used": standing.used}
        for alert, standing in alerts_for(decision.windows)
    ]
