"""What the month comes to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from functions.budget_enforcement.ledger import SpendLedger, corrected
from shared.budget.limits import ApprovedRaise
from shared.budget.windows import Window
from shared.domain.money import Micros, over

# A week has every kind of day; with less history, what there is.
LOOKED_BACK = timedelta(hours=72)


@dataclass(frozen=True)
class MonthEnd:
    """By the end of the month: `expected` at the rate of the last days, `at_most` with all approved events paid for.

    `hours` of that rate are known; less than a day's says little about a month.
    """

    expected: Micros
    at_most: Micros
    hours: float


def forecast_month_end(ledger: SpendLedger, raises: Sequence[ApprovedRaise], now: datetime) -> MonthEnd:
    """Spend so far, plus the mean hour of the last three days for each hour that is left."""
    current = ledger.rolled_to(now)
    counted = current.counted(Window.MONTH)
    recent = [micros for hour, micros in ledger.hours if hour > now - LOOKED_BACK]
    begun = min((hour for hour, _ in ledger.hours if hour > now - LOOKED_BACK), default=now)
    hours = max(timedelta(hours=1), now - begun) / timedelta(hours=1)
    left = (Window.MONTH.end_of(now) - now) / timedelta(hours=1)
    expected = counted + int(corrected(sum(recent), ledger.correction_ppm) / hours * left)
    return MonthEnd(expected, expected + sum(_still_to_come(one, now) for one in raises), hours)


def _still_to_come(one: ApprovedRaise, now: datetime) -> Micros:
    """What an approved event may still cost this month."""
    begin, end = max(one.begin, now), min(one.end, Window.MONTH.end_of(now))
    return over(one.extra_per_hour, max(timedelta(0), end - begin))
