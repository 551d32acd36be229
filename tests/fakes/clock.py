"""A clock that stands still until it is told to move."""

from datetime import UTC, datetime, timedelta


class FrozenClock:
    """Starts at a fixed moment, so that a test sees the same times on every run."""

    def __init__(self, now: datetime = datetime(2026, 6, 1, 12, tzinfo=UTC)) -> None:
        self._now = now

    def now(self) -> datetime:
        """An aware datetime in UTC."""
        return self._now

    def advance(self, by: timedelta) -> None:
        """Move on, or back."""
        self._now += by
