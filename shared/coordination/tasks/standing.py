"""Whether an agent is given tasks: a breaker for each, kept in the state store, because no process lives long. Pure.

It opens after three failures in a row and lets one task through a minute later (RUVECTOR §3.1: 3 failures, 10 s; a
function's tasks are longer); that one closes it or opens it anew.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final, Self

OPENS_AFTER: Final = 3
RESTS: Final = timedelta(minutes=1)


@dataclass(frozen=True)
class Standing:
    """How the last tasks of an agent went."""

    failures: int = 0
    rests_until: float = 0.0
    """Seconds since 1970."""

    def takes(self, now: datetime) -> bool:
        """Whether it may be given a task."""
        return self.failures < OPENS_AFTER or now.timestamp() >= self.rests_until

    def tried(self, now: datetime) -> Self:
        """After it was given one: while it is being tried, it gets no second one."""
        return self if self.failures < OPENS_AFTER else replace(self, rests_until=_rested(now))

    def after(self, now: datetime, *, succeeded: bool) -> Self:
        """After a task ended."""
        if succeeded:
            return replace(self, failures=0, rests_until=0.0)
        failures = self.failures + 1
        return replace(self, failures=failures, rests_until=_rested(now) if failures >= OPENS_AFTER else 0.0)

    @classmethod
    def from_data(cls, data: Mapping[str, Any] | None) -> Self:
        """The standing that a state document describes; one that has none is good."""
        return cls() if data is None else cls(data["failures"], data["rests_until"])


def _rested(now: datetime) -> float:
    return (now + RESTS).timestamp()
