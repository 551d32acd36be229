"""One JSON log line per request or delivery, in the form Cloud Logging reads.

Never logged: vectors, attributes, query text, keys.
"""

import sys
from datetime import UTC, datetime
from typing import Final, Literal, TextIO

import orjson

from shared.trace_context import current

_TRACE: Final = "logging.googleapis.com/trace"
_SPAN: Final = "logging.googleapis.com/spanId"
_SAMPLED: Final = "logging.googleapis.com/trace_sampled"
_sink: TextIO | None = None
_traces: str = ""
_lost_lines: int = 0


def log_to(sink: TextIO | None) -> None:
    """Send the lines of this process elsewhere than to stdout (None: back to stdout)."""
    global _sink  # noqa: PLW0603 - a process has one log
    _sink = sink


def log_traces_of(project: str | None) -> None:
    """Name traces as Cloud Logging finds them: by the project that they are recorded in."""
    global _traces  # noqa: PLW0603 - a process has one log
    _traces = f"projects/{project}/traces/" if project else ""


Severity = Literal["DEBUG", "INFO", "NOTICE", "WARNING", "ERROR"]


def log(severity: Severity, message: str, **fields: str | float | None) -> None:
    """Write one line; `message` is a fixed string, what varies goes into fields."""
    line = {
        "severity": severity,
        "message": message,
        "time": datetime.now(UTC).isoformat(),
        **{name: value for name, value in fields.items() if value is not None},
    }
    trace = current.get()
    if trace is not None:
        line |= {_TRACE: _traces + trace.trace_id, _SPAN: trace.span_id, _SAMPLED: trace.sampled}
    _write(orjson.dumps(line).decode() + "\n")


def _write(line: str) -> None:
    """Write a line. A full disk or a closed pipe costs lines, never an answer; how many, the next line tells."""
    global _lost_lines  # noqa: PLW0603 - a process has one log
    sink = _sink or sys.stdout
    try:
        if _lost_lines:
            told = {"severity": "WARNING", "message": "log lines lost", "lines": _lost_lines}
            sink.write(orjson.dumps({**told, "time": datetime.now(UTC).isoformat()}).decode() + "\n")
        sink.write(line)
        sink.flush()
    except OSError:
        _lost_lines += 1
    else:
        _lost_lines = 0
