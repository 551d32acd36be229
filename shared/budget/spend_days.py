"""What each region cost by the day, estimated in list prices: written with the ledger, so that nothing counts twice."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Final

from shared.domain.money import Micros
from shared.ports.state import ABSENT, Put, StateStore

KEPT: Final = timedelta(days=400)
_DAYS: Final = "spend_days"


class SpendDays:
    """One document a day (UTC)."""

    def __init__(self, state: StateStore) -> None:
        self._state = state

    def of(self, day: date) -> Mapping[str, Micros] | None:
        """The regions that cost anything on a day; None where nothing was booked."""
        document = self._state.get(_path(day))
        return None if document is None else document.data["regions"]

    def additions(self, spent: Iterable[tuple[datetime, Mapping[str, Micros]]]) -> list[Put]:
        """The writes that add what was spent until some moments; what ends at midnight is of the day before."""
        by_day: dict[date, dict[str, Micros]] = defaultdict(lambda: defaultdict(int))
        for until, regions in spent:
            for region, micros in regions.items():
                by_day[(until - timedelta(microseconds=1)).astimezone(UTC).date()][region] += micros
        documents = self._state.get_many([_path(day) for day in by_day])
        writes = []
        for (day, added), document in zip(by_day.items(), documents, strict=True):
            before: Mapping[str, Micros] = {} if document is None else document.data["regions"]
            regions = {region: before.get(region, 0) + added.get(region, 0) for region in {*before, *added}}
            expires_at = datetime(day.year, day.month, day.day, tzinfo=UTC) + KEPT
            version = ABSENT if document is None else document.version
            writes.append(Put(_path(day), {"regions": regions}, version, expires_at))
        return writes


def _path(day: date) -> str:
    return f"{_DAYS}/{day:%Y%m%d}"
