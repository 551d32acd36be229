"""Recorded traces: request counts by time, or one line a request."""

import csv
import math
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from functions.burst_prediction.arrays import Floats, Indices
from functions.burst_prediction.load_history import LoadHistory, minutes_since_epoch

MAX_ROWS = 20_000_000
MAX_MINUTES = 5 * 366 * 1440
UNKNOWN = ("", "nan", "NaN", "NA", "null")


class UnreadableTrace(Exception):  # noqa: N818 - named for what is wrong
    """A file is not a trace or a list of events; the text says where and what is allowed."""


def read_trace(path: Path) -> LoadHistory:
    """The counts of a CSV file with a header.

    Two columns are a time and a count (empty or NaN: not known); with more columns each line is one request.
    Times are ISO 8601; one without an offset is taken as UTC. The step is the usual distance of two lines.

    Raises:
        UnreadableTrace: the file is missing, is not such a file, or is too long.
    """
    header, lines = read_csv(path)
    if not header or len(header) == 1:
        raise UnreadableTrace(f"{path}: got the header {','.join(header)!r}, allowed: timestamp,count or more columns")
    minutes = [_minute(path, number, line) for number, line in enumerate(lines, start=2)]
    if not minutes:
        raise UnreadableTrace(f"{path}: got no lines after the header, allowed: one or more")
    if len(header) == 2:
        counts = [_count(path, number, line) for number, line in enumerate(lines, start=2)]
        return _counted(path, np.array(minutes), np.array(counts))
    return _one_a_line(path, np.array(minutes))


def read_csv(path: Path) -> tuple[list[str], list[list[str]]]:
    """Header and lines of a CSV file, empty lines left out.

    Raises:
        UnreadableTrace: it cannot be read.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            lines = [line for line in csv.reader(file) if line]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UnreadableTrace(f"{path}: {getattr(error, 'strerror', None) or error}") from error
    if len(lines) > MAX_ROWS:
        raise UnreadableTrace(f"{path}: got {len(lines)} lines, allowed: {MAX_ROWS}")
    return (lines[0], lines[1:]) if lines else ([], [])


def moment_in(text: str) -> datetime:
    """An ISO 8601 time; without an offset it is UTC.

    Raises:
        ValueError: it is not one.
    """
    if "." in text:  # more than six digits of a second, as some traces have, are cut
        whole, fraction = text.split(".", 1)
        digits = len(fraction) - len(fraction.lstrip("0123456789"))
        text = f"{whole}.{fraction[: min(digits, 6)]}{fraction[digits:]}"
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _minute(path: Path, number: int, line: Sequence[str]) -> float:
    try:
        return minutes_since_epoch(moment_in(line[0]))
    except ValueError as error:
        raise UnreadableTrace(f"{path}, line {number}: got {line[0]!r}, allowed: an ISO 8601 time") from error


def _count(path: Path, number: int, line: Sequence[str]) -> float:
    text = line[1].strip() if len(line) == 2 else "\0"
    try:
        count = math.nan if text in UNKNOWN else float(text)
    except ValueError as error:
        raise UnreadableTrace(f"{path}, line {number}: got {line!r}, allowed: a time and a count") from error
    if count < 0 or math.isinf(count):
        raise UnreadableTrace(f"{path}, line {number}: got {text}, allowed: 0 or more, or empty if not known")
    return count


def _counted(path: Path, minutes: Floats, counts: Floats) -> LoadHistory:
    gaps = np.diff(minutes)
    if len(gaps) and gaps.min() <= 0:
        number = int(np.argmin(gaps)) + 3
        raise UnreadableTrace(
            f"{path}, line {number}: got a time that is not after the one before, allowed: rising times"
        )
    step = max(1, round(float(np.median(gaps)))) if len(gaps) else 1
    steps = np.floor(minutes / step + 1e-9).astype(np.int64)
    return _history(path, steps, counts, step)


def _one_a_line(path: Path, minutes: Floats) -> LoadHistory:
    whole = np.floor(minutes).astype(np.int64)
    seen, counts = np.unique(whole, return_counts=True)
    history = _history(path, seen, counts.astype(np.float64), 1)
    return LoadHistory(history.region, history.start_min, 1, np.nan_to_num(history.counts, nan=0.0))


def _history(path: Path, steps: Indices, counts: Floats, step_min: int) -> LoadHistory:
    length = int(steps[-1] - steps[0]) + 1
    if length * step_min > MAX_MINUTES:
        raise UnreadableTrace(f"{path}: got {length * step_min} minutes, allowed: {MAX_MINUTES}")
    series = np.full(length, np.nan)
    series[steps - steps[0]] = counts
    return LoadHistory(path.stem, float(steps[0] * step_min), step_min, series)
