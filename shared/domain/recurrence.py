"""Recurrence of a calendar event, in wall-clock time."""

import calendar
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

MAX_OCCURRENCES = 1_000


class Frequency(StrEnum):
    """How often; imported rules that are richer than this are expanded when they are imported."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    YEARLY = "yearly"


@dataclass(frozen=True)
class Recurrence:
    """Every `interval` days, weeks, months or years, `count` times or until a moment, whichever comes first.

    A month without the day (31 April, 29 February) is left out, as RFC 5545 does.
    """

    frequency: Frequency
    interval: int = 1
    count: int | None = None
    until_local: datetime | None = None

    def __post_init__(self) -> None:
        """Refuse rules that never move or never end within reason.

        Raises:
            ValueError: the text names the field, its value and what is allowed.
        """
        if not 1 <= self.interval <= 366:
            raise ValueError(f"interval: got {self.interval}, allowed: 1 to 366")
        if self.count is not None and not 1 <= self.count <= MAX_OCCURRENCES:
            raise ValueError(f"count: got {self.count}, allowed: 1 to {MAX_OCCURRENCES}")
        if self.until_local is not None and self.until_local.tzinfo is not None:
            raise ValueError(f"until_local: got {self.until_local}, allowed: wall-clock time without an offset")

    def starts(self, first: datetime, latest: datetime) -> list[datetime]:
        """Every start from the first one to the latest moment, at most `MAX_OCCURRENCES`, the last ones of them."""
        found: list[datetime] = []
        number = step = 0
        while True:
            start = self._start(first, step)
            step += 1
            if start is None:
                continue
            number += 1
            if start > self._last_moment(latest) or (self.count is not None and number > self.count):
                return found[-MAX_OCCURRENCES:]
            found.append(start)

    def _last_moment(self, latest: datetime) -> datetime:
        return latest if self.until_local is None else min(latest, self.until_local)

    def _start(self, first: datetime, step: int) -> datetime | None:
        if self.frequency is Frequency.DAILY:
            return first + timedelta(days=self.interval * step)
        if self.frequency is Frequency.WEEKLY:
            return first + timedelta(weeks=self.interval * step)
        months = self.interval * step * (12 if self.frequency is Frequency.YEARLY else 1)
        year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
        if first.day > calendar.monthrange(year, month + 1)[1]:
            return None
        return first.replace(year=year, month=month + 1)
