"""What may be spent in an hour, a day and a month, and what approved events add to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.budget.windows import Window
from shared.domain.money import Micros, dollars

HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Limits:
    """Micro-dollars in each window; each limit holds by itself."""

    hour: Micros
    day: Micros
    month: Micros

    def __post_init__(self) -> None:
        """Refuse limits under which nothing could run.

        Raises:
            ValueError: the text names the limit, its value and what is allowed.
        """
        for window in Window:
            if self.of(window) <= 0:
                raise ValueError(f"limit of the {window.value}: got {dollars(self.of(window))}, allowed: more than $0")

    def of(self, window: Window) -> Micros:
        """The limit of one kind of window."""
        return {Window.HOUR: self.hour, Window.DAY: self.day, Window.MONTH: self.month}[window]


@dataclass(frozen=True)
class ApprovedRaise:
    """An event for which somebody has approved more money, each hour from its beginning to its end, and why."""

    event_id: str
    begin: datetime
    end: datetime
    extra_per_hour: Micros
    approved_by: str
    approved_at: datetime | None = None
    why: str = ""

    def __post_init__(self) -> None:
        """Refuse raises that nobody has approved or that take away.

        Raises:
            ValueError: the text names the field, its value and what is allowed.
        """
        if not self.approved_by:
            raise ValueError(f"approved_by of the raise for {self.event_id!r}: got nobody, allowed: a name")
        if self.extra_per_hour <= 0:
            raise ValueError(f"extra_per_hour: got {dollars(self.extra_per_hour)}, allowed: more than $0")
        if self.end <= self.begin:
            raise ValueError(f"end: got {self.end}, allowed: after {self.begin}")

    def is_over(self, now: datetime) -> bool:
        """Whether it raises no limit any more: what it added to its month counts until that has ended."""
        return now >= Window.MONTH.end_of(self.end - timedelta(microseconds=1))


def limit_in(window: Window, moment: datetime, limits: Limits, raises: Sequence[ApprovedRaise]) -> Micros:
    """The limit of the window that a moment lies in.

    Each clock hour that an event touches adds its whole extra to the limits of that hour, its day and its month, so the
    limits of hours, days and months rise by the same money.
    """
    begin, end = window.start_of(moment), window.end_of(moment)
    return limits.of(window) + sum(one.extra_per_hour * _hours_within(one, begin, end) for one in raises)


def contradictions(limits: Limits) -> tuple[str, ...]:
    """Limits that can never be used up because another one binds first, for an operator to know.

    RuVector's defaults have both: $10,000 an hour is $240,000 a day under a limit of $200,000, and 30 of those days
    are $6,000,000 under a limit of $5,000,000.
    """
    rules = {
        f"24 hours at {dollars(limits.hour)} are more than the day's {dollars(limits.day)}": (
            24 * limits.hour > limits.day
        ),
        f"30 days at {dollars(limits.day)} are more than the month's {dollars(limits.month)}": (
            30 * limits.day > limits.month
        ),
    }
    return tuple(rule for rule, holds in rules.items() if holds)


def _hours_within(one: ApprovedRaise, begin: datetime, end: datetime) -> int:
    """Clock hours of a span that an event touches."""
    first = max(Window.HOUR.start_of(one.begin), begin)
    last = min(one.end, end)
    return max(0, -((first - last) // HOUR)) if last > first else 0
