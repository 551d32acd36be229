"""Traces written by tests, and the real ones where they are at hand."""

from pathlib import Path

import numpy as np
import pytest

from functions.burst_prediction.load_history import moment_of
from tests.unit.functions.burst_prediction.builders import crowds_of, event, minute_history

_REAL = Path(__file__).parents[4].parent / "shared" / "data" / "traces"


def real_trace(name: str) -> Path:
    """A recorded trace beside the repository; the test is skipped where it is absent."""
    path = _REAL / name
    if not path.exists():
        pytest.skip(f"real traces are not at hand: {path} is missing")
    return path


def written(path: Path, *lines: str) -> Path:
    """A file of these lines."""
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def written_trace(folder: Path, days: int = 12) -> tuple[Path, Path]:
    """A trace by minute with a crowd every other day at 18:00, and its events."""
    played = range(1, days, 2)
    history = minute_history(days, crowds_of(*(event(day) for day in played)))
    minutes = history.start_min + np.arange(len(history.counts))
    lines = [
        f"{moment_of(minute):%Y-%m-%d %H:%M:%S},{count:g}"
        for minute, count in zip(minutes.tolist(), history.counts, strict=True)
    ]
    fixtures = [f"{event(day).starts_at_local:%Y-%m-%d %H:%M:%S},120,group stage,A,B" for day in played]
    return (
        written(folder / "trace.csv", "timestamp,count", *lines),
        written(folder / "events.csv", "start_utc,duration_min,stage,home,away", *fixtures),
    )
