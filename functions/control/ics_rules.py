"""Recurrence rules of iCalendar (RFC 5545), expanded up to a moment and never beyond.

General libraries search on to the year 9999 for the next match of a rule that has none, which a hostile feed can ask
for. Here the work is bounded by the number of days between the first start and the last moment.
"""

import calendar
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
MAX_SPAN_DAYS = 50 * 366
SUPPORTED = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY", "BYMONTH", "BYMONTHDAY", "BYSETPOS"}


class UnsupportedRule(ValueError):  # noqa: N818 - named for what is wrong
    """A rule is finer than daily or has parts that no event calendar of crowds has needed."""


@dataclass(frozen=True)
class Rule:
    """One RRULE. `days` are weekdays with their number in the month, 0 for all of them; Monday is 0."""

    frequency: str
    interval: int = 1
    count: int | None = None
    until: datetime | None = None
    week_starts: int = 0
    days: tuple[tuple[int, int], ...] = ()
    months: tuple[int, ...] = ()
    month_days: tuple[int, ...] = ()
    positions: tuple[int, ...] = ()

    @classmethod
    def parse(cls, parts: Mapping[str, Sequence[Any]], until: datetime | None) -> "Rule":
        """The rule of its parts, as icalendar reads them; `until` is on the wall clock of the event.

        Raises:
            UnsupportedRule: a part or a combination is not supported.
        """
        rule = cls(
            frequency=str(parts["FREQ"][0]).upper(),
            interval=int(parts.get("INTERVAL", [1])[0]),
            count=int(parts["COUNT"][0]) if "COUNT" in parts else None,
            until=until,
            week_starts=WEEKDAYS.index(str(parts.get("WKST", ["MO"])[0]).upper()),
            days=tuple(_day(str(day).upper()) for day in parts.get("BYDAY", [])),
            months=tuple(int(month) for month in parts.get("BYMONTH", [])),
            month_days=tuple(int(day) for day in parts.get("BYMONTHDAY", [])),
            positions=tuple(int(position) for position in parts.get("BYSETPOS", [])),
        )
        _check(rule, parts)
        return rule

    def starts(self, first: datetime, latest: datetime) -> Iterator[datetime]:
        """Starts from the first one up to and including the latest moment, in order."""
        last = latest if self.until is None else min(latest, self.until)
        if last - first > timedelta(days=MAX_SPAN_DAYS):
            last = first + timedelta(days=MAX_SPAN_DAYS)
        number = 0
        for period in self._periods(first.date(), last.date()):
            for day in self._chosen(period):
                start = datetime.combine(day, first.time())
                if start < first:
                    continue
                number += 1
                if start > last or (self.count is not None and number > self.count):
                    return
                yield start

    def _periods(self, first: date, last: date) -> Iterator[list[date]]:
        """The days of each day, week, month or year, in which the rule may fall."""
        if self.frequency == "DAILY":
            for number in range(0, (last - first).days + 1, self.interval):
                yield self._matching([first + timedelta(days=number)], {first.weekday()}, by_default=False)
        elif self.frequency == "WEEKLY":
            monday = first - timedelta(days=(first.weekday() - self.week_starts) % 7)
            for number in range(0, (last - monday).days + 1, 7 * self.interval):
                week = [monday + timedelta(days=number + day) for day in range(7)]
                yield self._matching(week, {first.weekday()}, by_default=True)
        else:
            yield from self._months(first, last)

    def _months(self, first: date, last: date) -> Iterator[list[date]]:
        yearly = self.frequency == "YEARLY"
        step = self.interval * (12 if yearly else 1)
        begin = first.year * 12 + (0 if yearly else first.month - 1)
        for period in range(begin, last.year * 12 + last.month, step):
            span = range(period, period + 12) if yearly else range(period, period + 1)
            found: list[date] = []
            for month in span:
                if not yearly or self.months or self.month_days or month % 12 == first.month - 1:
                    found += self._days_of_month(month // 12, month % 12 + 1, first.day)
            yield found

    def _days_of_month(self, year: int, month: int, default_day: int) -> list[date]:
        if self.months and month not in self.months:
            return []
        length = calendar.monthrange(year, month)[1]
        wanted = {day if day > 0 else length + 1 + day for day in self.month_days}
        if not self.month_days and not self.days:
            wanted = {default_day}
        days = [date(year, month, day) for day in range(1, length + 1) if not wanted or day in wanted]
        return [day for day in days if not self.days or self._is_weekday(day, length)]

    def _is_weekday(self, day: date, length: int) -> bool:
        from_start, from_end = (day.day - 1) // 7 + 1, -((length - day.day) // 7 + 1)
        return any(day.weekday() == weekday and number in (0, from_start, from_end) for weekday, number in self.days)

    def _matching(self, days: list[date], usual: set[int], *, by_default: bool) -> list[date]:
        weekdays = {weekday for weekday, _ in self.days} or (usual if by_default else set(range(7)))
        return [
            day
            for day in days
            if day.weekday() in weekdays
            and (not self.months or day.month in self.months)
            and (not self.month_days or day.day in self.month_days or _from_end(day) in self.month_days)
        ]

    def _chosen(self, days: list[date]) -> list[date]:
        if not self.positions:
            return days
        wanted = {position - 1 if position > 0 else len(days) + position for position in self.positions}
        return [day for number, day in enumerate(days) if number in wanted]


def _from_end(day: date) -> int:
    return day.day - calendar.monthrange(day.year, day.month)[1] - 1


def _day(text: str) -> tuple[int, int]:
    number, name = text[:-2], text[-2:]
    if name not in WEEKDAYS:
        raise UnsupportedRule(f"BYDAY: got {text!r}, allowed: {', '.join(WEEKDAYS)}, with a number before it")
    return WEEKDAYS.index(name), int(number or 0)


def _check(rule: Rule, parts: Mapping[str, Sequence[Any]]) -> None:
    numbered = any(number for _, number in rule.days)
    rules = {
        f"parts: got {', '.join(sorted(set(parts) - SUPPORTED))}, allowed: {', '.join(sorted(SUPPORTED))}": (
            set(parts) <= SUPPORTED
        ),
        f"FREQ: got {rule.frequency}, allowed: DAILY, WEEKLY, MONTHLY, YEARLY": (
            rule.frequency in ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
        ),
        f"INTERVAL: got {rule.interval}, allowed: 1 to 366": 1 <= rule.interval <= 366,
        f"COUNT: got {rule.count}, allowed: 1 or more": rule.count is None or rule.count >= 1,
        "BYDAY: got a number, allowed: only in a month, or in a year with BYMONTH": (
            not numbered or rule.frequency == "MONTHLY" or (rule.frequency == "YEARLY" and bool(rule.months))
        ),
        "BYDAY: got a year without BYMONTH, allowed: with BYMONTH": (
            rule.frequency != "YEARLY" or not rule.days or bool(rule.months)
        ),
        "BYMONTHDAY: got a week, allowed: a day, month or year": rule.frequency != "WEEKLY" or not rule.month_days,
    }
    for problem, holds in rules.items():
        if not holds:
            raise UnsupportedRule(problem)
