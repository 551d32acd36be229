"""Signals of regions from measured minutes."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from functions.scaling.signals import Signals
from shared.domain.load import LoadMinute

MINUTE: Final = timedelta(minutes=1)


def signals_by_region(
    minutes: Iterable[LoadMinute], now: datetime, *, late: timedelta = timedelta(0)
) -> dict[str, list[Signals]]:
    """The signals of each region, the newest last; of several measurements of a minute the last one.

    Where measurements come late, by at most `late`, the newest minute that a region shows stands for the last one and
    those before it for the ones before: it is the best that is known of now. An older one stays where it was.
    """
    newest: dict[str, dict[datetime, LoadMinute]] = defaultdict(dict)
    for minute in sorted(minutes, key=lambda one: one.measured_at):
        newest[minute.region][minute.minute] = minute
    return {region: _as_of(now, [found[moment] for moment in sorted(found)], late) for region, found in newest.items()}


def _as_of(now: datetime, minutes: Sequence[LoadMinute], late: timedelta) -> list[Signals]:
    behind = now - (minutes[-1].minute + MINUTE)
    shift = behind // MINUTE * MINUTE if behind <= late else timedelta(0)
    return [_signals(one, one.minute + MINUTE + shift) for one in minutes]


def _signals(minute: LoadMinute, at: datetime) -> Signals:
    requests = minute.requests
    return Signals(
        at,
        minute.instances,
        requests / 60,
        minute.cpu,
        minute.concurrency,
        minute.memory,
        minute.p99_ms if requests else 0.0,
        _share(minute.errors, requests),
        _share(minute.dependency_errors, requests),
        minute.by_tier,
    )


def _share(part: int | None, whole: int) -> float | None:
    if part is None:
        return None
    return part / whole if whole else 0.0
