"""Signals of regions from measured minutes."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta

from functions.scaling.signals import Signals
from shared.domain.load import LoadMinute


def signals_by_region(minutes: Iterable[LoadMinute]) -> dict[str, list[Signals]]:
    """The signals of each region, the newest last; of several measurements of a minute the last one."""
    newest: dict[str, dict[str, LoadMinute]] = defaultdict(dict)
    for minute in sorted(minutes, key=lambda one: one.measured_at):
        newest[minute.region][minute.minute.isoformat()] = minute
    return {
        region: sorted((_signals(minute) for minute in found.values()), key=lambda one: one.at)
        for region, found in newest.items()
    }


def _signals(minute: LoadMinute) -> Signals:
    return Signals(
        at=minute.minute + timedelta(minutes=1),
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
