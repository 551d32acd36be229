"""How fast money may be spent from now on so that no window's limit is passed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from functions.budget_enforcement.ledger import PPM, SpendLedger
from shared.budget.limits import ApprovedRaise, Limits, limit_in
from shared.budget.windows import Window
from shared.domain.money import Micros, over, per_hour

# What is left of a window may be spent at most this fast. A crowd may take half an hour's money in a quarter of an
# hour and a month's in a few days, and there is always some left: service shrinks before it ends.
SHORTEST_SPENDING = {
    Window.HOUR: timedelta(minutes=30),
    Window.DAY: timedelta(hours=6),
    Window.MONTH: timedelta(days=3),
}
# In the last minutes of a window what is left is not thrown out at once. All instances busy cost up to twice the rate
# (scaling), and a tick is booked with the most of two looks, in each region: at most 2/n of what is left now and 2/n of
# what was left a tick before. From n = 12 on a half at least remains each time, however they shift between regions.
LEAST_TICKS = 12


class Standing(NamedTuple):
    """One window: its limit, what is spent of it, and what it comes to by its end at the rate of late.

    `booked` was measured or billed, `likely` is that and the minutes since at the rate of late, `counted` that and the
    worst that those minutes can have come to. What may be spent next goes by `counted`, what gives way by `likely`.
    """

    window: Window
    limit: Micros
    booked: Micros
    likely: Micros
    counted: Micros
    projected: Micros
    micros_per_hour: Micros

    @property
    def used(self) -> float:
        """The share of the limit that is spent, as far as can be told."""
        return self.likely / self.limit

    @property
    def pressure(self) -> float:
        """What the window comes to by its end, over its limit."""
        return self.projected / self.limit


@dataclass(frozen=True)
class Ledgers:
    """What was booked, and the same with the worst of each minute since: until now."""

    booked: SpendLedger
    worst: SpendLedger


def standings(
    ledgers: Ledgers, limits: Limits, raises: Sequence[ApprovedRaise], *, now: datetime, tick: timedelta
) -> tuple[Standing, ...]:
    """Each window, with the rate at which estimates may grow until the next tick."""
    current = Ledgers(ledgers.booked.rolled_to(now), ledgers.worst.rolled_to(now))
    return tuple(_standing(window, current, limits, raises, now, tick) for window in Window)


def _standing(  # noqa: PLR0917 - one call above
    window: Window,
    ledgers: Ledgers,
    limits: Limits,
    raises: Sequence[ApprovedRaise],
    now: datetime,
    tick: timedelta,
) -> Standing:
    limit, counted = limit_in(window, now, limits, raises), ledgers.worst.counted(window)
    booked, rate = ledgers.booked.counted(window), ledgers.booked.rate(window)
    since = max(ledgers.booked.booked_until, window.start_of(now))
    likely = booked + over(rate, max(timedelta(0), now - since))
    left = window.end_of(now) - now
    spread = max(min(left, SHORTEST_SPENDING[window]), LEAST_TICKS * tick)
    allowed = per_hour(max(0, limit - counted), spread)
    return Standing(
        window=window,
        limit=limit,
        booked=booked,
        likely=likely,
        counted=counted,
        projected=likely + over(rate, left),
        micros_per_hour=allowed * PPM // ledgers.worst.correction_ppm,
    )
