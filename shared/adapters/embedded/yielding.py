"""Which subscriptions give way to another: on one machine, tidying up takes the processor from those who write."""

import time
from collections.abc import Callable, Mapping
from typing import Final

QUIET_S: Final = 0.1
"""For so long nothing of the other must have been out: between two deliveries it is not busy for a moment."""
AT_MOST_S: Final = 2.0
"""Then there is a turn all the same: writes that never end must not end tidying up."""


class Yielding:
    """`to` names, for a subscription that gives way, the one that goes first."""

    def __init__(self, to: Mapping[str, str], *, monotonic_s: Callable[[], float] = time.monotonic) -> None:
        self._to = to
        self._monotonic_s = monotonic_s
        self._busy_s: dict[str, float] = {}
        self._began_s: dict[str, float] = {}

    def wait_s(self, name: str, is_busy: Callable[[str], bool]) -> float:
        """How much longer a subscription gives way; asked again after that, or when something changed."""
        first = self._to.get(name)
        if first is None:
            return 0.0
        now_s = self._monotonic_s()
        if is_busy(first):
            self._busy_s[name] = now_s
            self._began_s.setdefault(name, now_s)
        if name not in self._began_s:
            return 0.0
        left_s = min(self._busy_s[name] + QUIET_S, self._began_s[name] + AT_MOST_S) - now_s
        if left_s > 0:
            return left_s
        del self._began_s[name]
        return 0.0
