"""When breakers opened, kept by all processes of one machine in one directory, where nobody counts log lines.

A file a day, a line an opening; a line is written by one call, so that processes do not mix theirs.
"""

import os
from collections import Counter
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

import orjson

KEPT: Final = timedelta(days=35)
"""As long as the timeline."""
_directory: Path | None = None


def note_openings_in(directory: Path | None) -> None:
    """Have this process keep its openings there from now on, or nowhere."""
    global _directory  # noqa: PLW0603 - a process has one place for them, as it has one log
    _directory = directory


def note_opening(dependency: str, at: datetime) -> None:
    """Keep one. Nothing fails because of it: whoever opens a breaker has trouble enough."""
    if _directory is None:
        return
    path, line = _file(_directory, at.date()), orjson.dumps({"at": at, "dependency": dependency}) + b"\n"
    with suppress(OSError):
        if not path.exists():
            _directory.mkdir(parents=True, exist_ok=True)
            _remove_before(_directory, at.date() - KEPT)
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            os.write(handle, line)
        finally:
            os.close(handle)


def openings_between(directory: Path, begin: datetime, end: datetime) -> dict[str, int]:
    """How many there were in a span, by dependency. A line that was not written whole counts nothing."""
    counted: Counter[str] = Counter()
    day, last = begin.astimezone(UTC).date(), end.astimezone(UTC).date()
    while day <= last:
        with suppress(FileNotFoundError):
            for line in _file(directory, day).read_bytes().splitlines():
                with suppress(orjson.JSONDecodeError, KeyError, TypeError):
                    opened = orjson.loads(line)
                    counted[opened["dependency"]] += begin <= datetime.fromisoformat(opened["at"]) < end
        day += timedelta(days=1)
    return dict(+counted)


def _file(directory: Path, day: date) -> Path:
    return directory / f"{day.isoformat()}.jsonl"


def _remove_before(directory: Path, day: date) -> None:
    oldest = _file(directory, day).name
    for path in directory.glob("*.jsonl"):
        if path.name < oldest:
            path.unlink(missing_ok=True)
