"""What has been spent in the running hour, day and month, as far as it is known."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.budget.windows import Window
from shared.domain.money import Micros, per_hour

PPM = 1_000_000
# Bills arrive up to a day late and are said to be later at times; estimates are kept by hour for three.
KEPT_HOURS = 72
# How fast the rate of each window forgets: noise of a minute must not decide about a month.
RATE_HALF_LIVES = {
    Window.HOUR: timedelta(minutes=3),
    Window.DAY: timedelta(minutes=30),
    Window.MONTH: timedelta(hours=12),
}


@dataclass(frozen=True)
class Billed:
    """The highest bill of a month so far, and what had been estimated for the month when it was published."""

    month: datetime
    published_at: datetime
    micros: Micros
    estimated_micros: Micros


@dataclass(frozen=True)
class SpendLedger:
    """Estimates by window up to `booked_until`, and how far bills have shown them too low.

    `rates` are micro-dollars an hour, lately, in the order of `Window`; `hours` are (hour, micro-dollars), oldest
    first. `correction_ppm` is at least a million: bills may raise an estimate, never lower it, so neither a late bill
    nor a wrong one can let spending pass a limit. `begun_at` is when counting began, unless that is long ago: bills of
    a month that began before it cannot be compared.
    """

    booked_until: datetime
    hour: Micros = 0
    day: Micros = 0
    month: Micros = 0
    rates: tuple[int, int, int] = (0, 0, 0)
    hours: tuple[tuple[datetime, Micros], ...] = ()
    correction_ppm: int = PPM
    billed: Billed | None = None
    begun_at: datetime | None = None

    def estimated(self, window: Window) -> Micros:
        """What price list and usage say."""
        return {Window.HOUR: self.hour, Window.DAY: self.day, Window.MONTH: self.month}[window]

    def counted(self, window: Window) -> Micros:
        """What counts against the limit: the corrected estimate, in a month at least the bill and what came after."""
        counted = corrected(self.estimated(window), self.correction_ppm)
        if window is not Window.MONTH or self.billed is None or self.billed.month != self._month():
            return counted
        since = max(0, self.month - self.billed.estimated_micros)
        return max(counted, self.billed.micros + corrected(since, self.correction_ppm))

    def rate(self, window: Window) -> Micros:
        """Corrected micro-dollars an hour, lately."""
        return corrected(self.rates[tuple(Window).index(window)], self.correction_ppm)

    def rolled_to(self, now: datetime) -> "SpendLedger":
        """The ledger as of a later moment: windows that have ended begin anew."""
        if now < Window.HOUR.end_of(_last_moment(self.booked_until)):
            return self
        ended = {window for window in Window if now >= window.end_of(_last_moment(self.booked_until))}
        return replace(
            self,
            hour=0 if Window.HOUR in ended else self.hour,
            day=0 if Window.DAY in ended else self.day,
            month=0 if Window.MONTH in ended else self.month,
        )

    def _month(self) -> datetime:
        return Window.MONTH.start_of(_last_moment(self.booked_until))


def corrected(micros: Micros, correction_ppm: int) -> Micros:
    """An estimate times its correction, rounded up."""
    return -(-micros * correction_ppm // PPM)


def book(ledger: SpendLedger, until: datetime, micros: Micros) -> SpendLedger:
    """Add what was spent since the ledger was booked last; a moment that is booked already changes nothing.

    A stretch over the end of a window counts for the window in which it ends.
    """
    if until <= ledger.booked_until:
        return ledger
    return replace(
        assume(ledger, until, micros),
        rates=_rates(ledger.rates, micros, until - ledger.booked_until),
        hours=_hours(ledger.hours, Window.HOUR.start_of(_last_moment(until)), micros),
    )


def assume(ledger: SpendLedger, until: datetime, micros: Micros) -> SpendLedger:
    """Add what may have been spent since, as `book`; rates and hours are of what is known, and stay."""
    if until <= ledger.booked_until:
        return ledger
    rolled = ledger.rolled_to(_last_moment(until))
    return replace(
        rolled,
        booked_until=until,
        hour=rolled.hour + micros,
        day=rolled.day + micros,
        month=rolled.month + micros,
    )


def _rates(before: tuple[int, int, int], micros: Micros, elapsed: timedelta) -> tuple[int, int, int]:
    current = per_hour(micros, elapsed)
    hour, day, month = (
        round(current + (rate - current) * 0.5 ** (elapsed / RATE_HALF_LIVES[window]))
        for window, rate in zip(Window, before, strict=True)
    )
    return hour, day, month


def _hours(
    before: tuple[tuple[datetime, Micros], ...], hour: datetime, micros: Micros
) -> tuple[tuple[datetime, Micros], ...]:
    if before and before[-1][0] == hour:
        return (*before[:-1], (hour, before[-1][1] + micros))
    return (*before[-KEPT_HOURS + 1 :], (hour, micros))


def _last_moment(until: datetime) -> datetime:
    """What ends on the hour belongs to the hour before."""
    return until - timedelta(microseconds=1)
