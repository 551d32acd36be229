"""The record of a rehearsal as JSON and as a file; what is read is checked before anybody draws or judges it."""

from collections.abc import Iterator, Mapping
from functools import cache
from itertools import chain, pairwise
from math import isfinite
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter, ValidationError

from benchmarks.rehearsal.result import FORMAT, Run, Series
from shared.domain.serving_mode import ServingMode

_NOTHING: Final = 1e-6
_LATEST_S: Final = 7_258_118_400.0
"""The year 2200."""
_WHAT_IS_READ: Final = "`swell rehearse SCENARIO --json` prints a record, `swell bench quick --out FILE` keeps one"


class UnreadableRun(Exception):  # noqa: N818 - named for what is wrong
    """A file is not the record of a rehearsal; the text says what is wrong with it."""


def to_json(run: Run) -> bytes:
    """The record as JSON."""
    return _adapter().dump_json(run)


def of_json(content: bytes) -> Run:
    """The record in JSON.

    Raises:
        UnreadableRun: it is none; the text names the first field that is wrong, what it is and what is allowed.
    """
    try:
        run = _adapter().validate_json(content)
    except ValidationError as error:
        raise UnreadableRun(_told(error)) from error
    if (problem := next(_problems(run), None)) is not None:
        raise UnreadableRun(problem)
    return run


def write_run(run: Run, path: Path) -> None:
    """Keep a record in a file."""
    path.write_bytes(to_json(run))


def read_run(path: Path) -> Run:
    """The record in a file.

    Raises:
        UnreadableRun: there is none.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UnreadableRun(str(error.strerror)) from error
    return of_json(content)


def _told(error: ValidationError) -> str:
    """The format first: a record of another one lacks other things."""
    found = error.errors(include_url=False)
    first = next((one for one in found if one["loc"] == ("format",)), found[0])
    name = ".".join(str(part) for part in first["loc"])
    if first["loc"] == ("format",):
        return f"format: got {first['input']!r:.60}, allowed: {FORMAT!r}. {_WHAT_IS_READ}"
    if not name or (first["type"] == "missing" and len(first["loc"]) == 1):
        return f"{name or 'file'}: {first['msg']}. {_WHAT_IS_READ}"
    got = "" if first["type"] == "missing" else f"got {first['input']!r:.60}. "
    return f"{name}: {got}{first['msg']}"


def _problems(run: Run) -> Iterator[str]:
    """What pydantic does not see; each names a field."""
    return chain(_of_time(run), _of_series(run), _of_summary(run), _of_latency(run))


def _of_time(run: Run) -> Iterator[str]:
    axis = run.axis
    if not axis.points >= 1:
        yield f"axis.points: got {axis.points}, allowed: 1 or more"
    if not (isfinite(axis.step_s) and axis.step_s > 0):
        yield f"axis.step_s: got {axis.step_s}, allowed: more than 0"
    moments = [("axis.start_s", axis.start_s)]
    moments += [(f"timeline.{place}.at_s", entry.at_s) for place, entry in enumerate(run.timeline)]
    for name, moment in moments:
        if not 0 <= moment <= _LATEST_S:
            yield f"{name}: got {moment}, allowed: seconds since 1970, to the year 2200"


def _of_series(run: Run) -> Iterator[str]:
    points = run.axis.points
    for name, series in _every_series(run):
        if len(series) != points:
            yield f"{name}: got {len(series)} numbers, allowed: {points}, as axis.points says"
        for place, value in enumerate(series):
            if value is not None and not _is_amount(value):
                yield f"{name}.{place}: got {value}, allowed: a number from 0 on, or null"
    for place, mode in enumerate(run.world.serving_mode):
        if mode not in {None, *ServingMode}:
            yield f"world.serving_mode.{place}: got {mode}, allowed: 0 to {max(ServingMode)}"


def _of_summary(run: Run) -> Iterator[str]:
    for name in ("asked", "served", "errors", "peak_rps", "peak_instances"):
        if not _is_amount(value := getattr(run.summary, name)):
            yield f"summary.{name}: got {value}, allowed: a number from 0 on"


def _of_latency(run: Run) -> Iterator[str]:
    latency = run.summary.latency
    if latency is None:
        return
    if len(latency.counts) != len(latency.bounds_ms):
        yield (
            f"summary.latency.counts: got {len(latency.counts)} numbers, allowed: {len(latency.bounds_ms)}, "
            "one for each of bounds_ms"
        )
    for place, (before, after) in enumerate(pairwise(latency.bounds_ms)):
        if not before < after:
            yield f"summary.latency.bounds_ms.{place + 1}: got {after}, allowed: more than {before}, the one before"
    for place, count in enumerate(latency.counts):
        if not _is_amount(count):
            yield f"summary.latency.counts.{place}: got {count}, allowed: a number from 0 on"


def _is_amount(value: float) -> bool:
    """Sums that come to nothing may miss it by little."""
    return isfinite(value) and value >= -_NOTHING


def _every_series(run: Run) -> list[tuple[str, Series]]:
    parts: list[tuple[str, object]] = [("world", run.world)]
    parts += [(f"regions.{name}", region) for name, region in run.regions.items()]
    return [found for name, part in parts for found in _series_in(name, part)]


def _series_in(name: str, value: object) -> list[tuple[str, Series]]:
    if isinstance(value, tuple):
        return [(name, value)]
    items = value.items() if isinstance(value, Mapping) else getattr(value, "__dict__", {}).items()
    return [found for key, part in items for found in _series_in(f"{name}.{key}", part)]


@cache
def _adapter() -> TypeAdapter[Run]:
    return TypeAdapter(Run)
