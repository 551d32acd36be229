"""Which trace the current work belongs to, in the form that travels: W3C Trace Context.

Known in every function, also where nothing is exported: log lines carry it, and so does whatever is published.
Source: www.w3.org/TR/trace-context (Recommendation, 2021), section 3.2.
"""

import re
import secrets
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

TRACEPARENT: Final = "traceparent"
EVENT_TRACEPARENT: Final = "ce-traceparent"
"""The attribute of a message: the distributed tracing extension of CloudEvents, in Pub/Sub's binary mode."""

_FORM: Final = re.compile(r"(?!ff)([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_NO_TRACE, _NO_SPAN = "0" * 32, "0" * 16


@dataclass(frozen=True, slots=True)
class TraceContext:
    """A place in a trace. `sampled` says whether whoever began the trace wants it recorded."""

    trace_id: str
    span_id: str
    sampled: bool

    def __str__(self) -> str:
        """As a header or an attribute carries it."""
        return f"00-{self.trace_id}-{self.span_id}-{'01' if self.sampled else '00'}"


current: Final[ContextVar[TraceContext | None]] = ContextVar("trace", default=None)
"""Follows the work into coroutines and thread pools."""


def parse(traceparent: str | None) -> TraceContext | None:
    """What a header or an attribute says; nothing if it says nothing that can be understood."""
    found = _FORM.fullmatch(traceparent) if traceparent and len(traceparent) <= 512 else None
    if found is None or (found[1] == "00" and found[5]) or found[2] == _NO_TRACE or found[3] == _NO_SPAN:
        return None
    return TraceContext(found[2], found[3], bool(int(found[4], 16) & 1))


def begin() -> TraceContext:
    """A trace that begins here, and that nobody has asked to be recorded."""
    return TraceContext(secrets.token_hex(16), secrets.token_hex(8), sampled=False)
