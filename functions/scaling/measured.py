"""Signals of regions from measured minutes."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
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
    newest: dict[str, dict[str, LoadMinute]] = defaultdict(dict)
    for minute in sorted(minutes, key=lambda one: one.measured_at):
        newest[minute.region][minute.minute.isoformat()] = minute
    return {
        region: _as_of(now, sorted((_signals(minute) for minute in found.values()), key=lambda one: one.at), late)
        for region, found in newest.items()
    }


def _as_of(now: datetime, signals: Sequence[Signals], late: timedelta) -> list[Signals]:
    behind = now - signals[-1].at
    shift = behind // MINUTE * MINUTE if behind <= late else timedelta(0)
    return [replace(one, at=one.at + shift) for one in signals]


def _signals(minute: LoadMinute) -> Signals:
    return Signals(
        at=minute.minute + MINUTE,
        instances=minute.instances,
        requests_per_s=minute.requests / 60,
        cpu=minute.cpu,
        concurrency=minute.concurrency,
        memory=minute.memory,
        p99_ms=minute.p99_ms if minute.requests else 0.0,
        error_share=_share(minute.errors, minute.requests),
        dependency_error_share=_share(minute.dependency_errors, minute.requests),
    )


def _share(part: int | None, whole: int) -> float | None:
    if part is None:
        return None
    return part / whole if whole else 0.0
