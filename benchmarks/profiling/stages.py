"""Which part of a request a function belongs to."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final


@dataclass(frozen=True)
class FunctionTime:
    """Exclusive time of one Python function: what it calls counts there, but for C functions, which count here."""

    file: str
    function: str
    calls: int
    seconds: float


@dataclass(frozen=True)
class StageTime:
    """Exclusive time of one part of a request, per request."""

    stage: str
    microseconds: float


# The first that fits decides: a part of the file's path, functions in it (none: all), and the stage.
_STAGES: Final[tuple[tuple[str, tuple[str, ...], str], ...]] = (
    ("shared/http.py", ("read_body", "_bounded_body"), "read and validate the body"),
    ("shared/http.py", ("json_response",), "serialise the answer"),
    ("shared/http.py", (), "function app: errors, log line"),
    ("shared/telemetry.py", (), "function app: errors, log line"),
    ("shared/request_context.py", (), "access: keys, scopes"),
    ("shared/auth/", (), "access: keys, scopes"),
    ("functions/query/responses.py", (), "serialise the answer"),
    ("functions/query/requests.py", (), "read and validate the body"),
    ("/pydantic", (), "read and validate the body"),
    ("functions/query/", (), "query function: route, open, translate"),
    ("shared/vectors.py", (), "decode and check the vector"),
    ("shared/index/metric.py", (), "decode and check the vector"),
    ("shared/index/hits.py", (), "search: exact scores, ids"),
    ("shared/index/ids.py", (), "search: exact scores, ids"),
    ("shared/index/segment.py", (), "search: fetch vectors"),
    ("shared/index/sketch", (), "search: sketch"),
    ("shared/index/forest.py", (), "search: forest"),
    ("shared/index/scan.py", (), "search: exact scan"),
    ("shared/index/topk.py", (), "search: best of many"),
    ("shared/index/", (), "search: plan, put together"),
    ("/annoy/", (), "search: forest"),
    ("/numpy/", (), "numpy's Python layer"),
    ("swell/local/", (), "front door"),
    ("/starlette/", (), "framework: Starlette"),
    ("/anyio/", (), "change of threads"),
    ("/concurrent/", (), "change of threads"),
    ("/threading.py", (), "change of threads"),
    ("/uvicorn/", (), "HTTP server: uvicorn"),
    ("/asyncio/", (), "event loop"),
)
OTHER: Final = "other Python code"


def stage_of(file: str, function: str) -> str:
    """The stage of a function, by where it is written."""
    path = PurePath(file).as_posix()
    for part, functions, stage in _STAGES:
        if part in path and (not functions or function in functions):
            return stage
    return OTHER


def stage_times(functions: Iterable[FunctionTime], requests: int) -> list[StageTime]:
    """The stages of a request, longest first."""
    seconds: dict[str, float] = defaultdict(float)
    for one in functions:
        seconds[stage_of(one.file, one.function)] += one.seconds
    times = [StageTime(stage, taken * 1e6 / requests) for stage, taken in seconds.items()]
    return sorted(times, key=lambda one: -one.microseconds)
