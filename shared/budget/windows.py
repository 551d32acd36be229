"""Hours, days and months in which spending is limited, in UTC."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache


class Window(StrEnum):
    """Clock hours, days and calendar months. Google bills months of Pacific time, at most 8 hours apart from these."""

    HOUR = "hour"
    DAY = "day"
    MONTH = "month"

    @lru_cache(maxsize=256)
    def start_of(self, moment: datetime) -> datetime:
        """The beginning of the window that a moment lies in."""
        whole = moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        if self is Window.HOUR:
            return whole
        return whole.replace(hour=0) if self is Window.DAY else whole.replace(hour=0, day=1)

    @lru_cache(maxsize=256)
    def end_of(self, moment: datetime) -> datetime:
        """The end of the window that a moment lies in."""
        start = self.start_of(moment)
        if self is Window.HOUR:
            return start + timedelta(hours=1)
        if self is Window.DAY:
            return start + timedelta(days=1)
        return (start + timedelta(days=32)).replace(day=1)
