"""The day that a report is about: a day of UTC, as the budget's."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final, Self

from shared.errors import FieldProblem, InvalidRequest, shortened

YESTERDAY: Final = "yesterday"
_EARLIEST: Final = date(1970, 1, 2)


@dataclass(frozen=True)
class ReportDay:
    """From midnight to midnight."""

    day: date

    @classmethod
    def of(cls, text: str, now: datetime) -> Self:
        """The day that a path names; `yesterday` is that of the server's clock.

        Raises:
            InvalidRequest: it is no day, or one that has not begun.
        """
        if text == YESTERDAY:
            return cls((now.astimezone(UTC) - timedelta(days=1)).date())
        allowed = f"YYYY-MM-DD or {YESTERDAY}, {_EARLIEST} to {now.astimezone(UTC):%Y-%m-%d}"
        try:
            day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).date()
        except ValueError:
            raise InvalidRequest(FieldProblem("day", shortened(text), allowed)) from None
        if not _EARLIEST <= day <= now.astimezone(UTC).date() or day.isoformat() != text:
            raise InvalidRequest(FieldProblem("day", shortened(text), allowed))
        return cls(day)

    @property
    def begin(self) -> datetime:
        """Its first moment."""
        return datetime(self.day.year, self.day.month, self.day.day, tzinfo=UTC)

    @property
    def end(self) -> datetime:
        """The first moment that is not of it."""
        return self.begin + timedelta(days=1)

    def holds(self, moment: datetime) -> bool:
        """Whether a moment is of this day."""
        return self.begin <= moment < self.end
