"""What a program is told of each request, for its own metrics."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

CacheUse = Literal["hit", "miss", "off"]


@dataclass(frozen=True)
class RequestReport:
    """One call of the server, with all its attempts; nothing of what was asked or answered.

    `status` is None where no answer came, and where the answer was kept in the client.
    """

    method: str
    path: str
    status: int | None
    duration_s: float
    attempts: int
    cache: CacheUse


OnRequest = Callable[[RequestReport], None]


@dataclass
class Observed:
    """What is known so far of a call that is under way."""

    method: str
    path: str
    status: int | None = None
    attempts: int = 0
    cache: CacheUse = "off"
    started_s: float = field(default_factory=time.monotonic)

    def report(self) -> RequestReport:
        """The call is over."""
        duration_s = time.monotonic() - self.started_s
        return RequestReport(self.method, self.path, self.status, duration_s, self.attempts, self.cache)
