"""One JSON log line per request or delivery, in the form Cloud Logging reads.

Never logged: vectors, attributes, query text, keys.
"""

import sys
from datetime import UTC, datetime
from typing import Literal, TextIO

import orjson

_sink: TextIO | None = None


def log_to(sink: TextIO | None) -> None:
    """Send the lines of this process elsewhere than to stdout (None: back to stdout)."""
    global _sink  # noqa: PLW0603 - a process has one log
    _sink = sink


Severity = Literal["DEBUG", "INFO", "NOTICE", "WARNING", "ERROR"]


def log(severity: Severity, message: str, **fields: str | float | None) -> None:
    """Write one line; `message` is a fixed string, what varies goes into fields."""
    line = {
        "severity": severity,
        "message": message,
        "time": datetime.now(UTC).isoformat(),
        **{name: value for name, value in fields.items() if value is not None},
    }
    sink = _sink or sys.stdout
    sink.write(orjson.dumps(line).decode() + "\n")
    sink.flush()
