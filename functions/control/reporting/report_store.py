"""Reports as they were sent, one a day, in the state store."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from shared.coordination.races import retry_lost_races
from shared.listing import listed
from shared.moments import text_of
from shared.ports.state import ABSENT, Put, StateStore

KEPT: Final = timedelta(days=400)
_REPORTS: Final = "reports"


@dataclass(frozen=True)
class Report:
    """The sections of a day by name, those that could not be read, and when it was sent; None: it was not yet."""

    day: date
    sections: Mapping[str, Any]
    missing: Sequence[str]
    sent_at: datetime | None

    def to_data(self) -> dict[str, Any]:
        """As it is kept and shown."""
        return {
            "day": self.day.isoformat(),
            "sent_at": text_of(self.sent_at),
            "missing": list(self.missing),
            "sections": dict(self.sections),
        }


class Reports:
    """Of two for a day, the one that lacks less stays; of equals the first."""

    def __init__(self, state: StateStore) -> None:
        self._state = state

    def find(self, day: date) -> Report | None:
        """The report of a day, or None."""
        document = self._state.get(_path(day))
        return None if document is None else _report(document.data)

    def days(self) -> list[str]:
        """The days that have one, the latest first."""
        return sorted((document.id for document in listed(self._state, _REPORTS)), reverse=True)

    def keep(self, report: Report) -> Report:
        """Keep a report, unless one that lacks no more is there; returns the one that stands."""

        def attempt() -> Report:
            document = self._state.get(_path(report.day))
            there = None if document is None else _report(document.data)
            if there is not None and len(there.missing) <= len(report.missing):
                return there
            version = ABSENT if document is None else document.version
            assert report.sent_at is not None  # noqa: S101 - what is kept was sent
            expires_at = report.sent_at + KEPT
            self._state.commit([Put(_path(report.day), report.to_data(), version, expires_at)])
            return report

        return retry_lost_races(attempt, f"report of {report.day}")


def _report(data: Mapping[str, Any]) -> Report:
    return Report(
        date.fromisoformat(data["day"]), data["sections"], data["missing"], datetime.fromisoformat(data["sent_at"])
    )


def _path(day: date) -> str:
    return f"{_REPORTS}/{day.isoformat()}"
