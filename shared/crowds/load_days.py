"""Requests of a region by the minute, kept in one document a day: a forecast reads six weeks in 43 reads."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any, Final

from shared.coordination.races import retry_lost_races
from shared.crowds.paths import load_day_document
from shared.domain.load import LoadSample
from shared.ports.state import ABSENT, Put, StateStore

MINUTES_PER_DAY: Final = 1440
KEPT: Final = timedelta(days=100)


class LoadDays:
    """Two lists of 1,440 a day: the requests of each minute (None: not known), and when each was measured (s)."""

    def __init__(self, state: StateStore) -> None:
        self._state = state

    def merge(self, samples: Iterable[LoadSample]) -> int:
        """Keep samples, of several for one minute the one measured last; returns how many changed something."""
        by_day: dict[tuple[str, str], list[LoadSample]] = defaultdict(list)
        for sample in samples:
            by_day[sample.region, _day(sample.minute)].append(sample)
        return sum(
            retry_lost_races(
                lambda region=region, day=day, found=found: self._merge_day(region, day, found),  # type: ignore[misc]
                f"load of {region} on {day}",
            )
            for (region, day), found in by_day.items()
        )

    def read(self, region: str, until: datetime, days: int) -> list[LoadSample]:
        """What is known of the minutes in the days before `until`."""
        dates = [until - timedelta(days=back) for back in range(days, -1, -1)]
        documents = self._state.get_many([load_day_document(region, _day(date)) for date in dates])
        samples = []
        for date, document in zip(dates, documents, strict=True):
            if document is not None:
                samples += _samples(region, _midnight(date), document.data)
        return [sample for sample in samples if sample.minute < until]

    def requests(self, region: str, until: datetime, days: int) -> list[int | None]:
        """Those of each whole minute in the days before `until`, the oldest first; None: not known.

        A forecast needs no more of six weeks; as samples they take seconds to make.
        """
        dates = [until - timedelta(days=back) for back in range(days, -1, -1)]
        documents = self._state.get_many([load_day_document(region, _day(date)) for date in dates])
        unknown: list[int | None] = [None] * MINUTES_PER_DAY
        found = [unknown if document is None else document.data["requests"] for document in documents]
        first = (until - _midnight(until)) // timedelta(minutes=1)
        return list(chain.from_iterable(found))[first : first + days * MINUTES_PER_DAY]

    def _merge_day(self, region: str, day: str, samples: Sequence[LoadSample]) -> int:
        path = load_day_document(region, day)
        document = self._state.get(path)
        empty: dict[str, list[int | None]] = {
            "requests": [None] * MINUTES_PER_DAY,
            "measured_s": [None] * MINUTES_PER_DAY,
        }
        data = empty if document is None else {name: list(document.data[name]) for name in empty}
        changed = sum(_take(data, sample) for sample in samples)
        if changed:
            expires_at = max(sample.minute for sample in samples) + KEPT
            version = ABSENT if document is None else document.version
            self._state.commit([Put(path, data, if_version=version, expires_at=expires_at)])
        return changed


def _take(data: dict[str, list[int | None]], sample: LoadSample) -> bool:
    position = int((sample.minute - _midnight(sample.minute)) / timedelta(minutes=1))
    measured_s = int(sample.measured_at.timestamp())
    known_s = data["measured_s"][position]
    if known_s is not None and known_s >= measured_s:
        return False
    data["requests"][position], data["measured_s"][position] = sample.requests, measured_s
    return True


def _samples(region: str, midnight: datetime, data: Any) -> list[LoadSample]:
    return [
        LoadSample(region, midnight + timedelta(minutes=position), requests, datetime.fromtimestamp(measured_s, UTC))
        for position, (requests, measured_s) in enumerate(zip(data["requests"], data["measured_s"], strict=True))
        if requests is not None
    ]


def _midnight(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _day(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%d")
