"""How many credentials that an instance has never seen it looks at: guessing must not become work."""

import time
from collections.abc import Callable

from shared.auth.errors import TooManyUnknownKeys
from shared.domain.rate_limit import RateLimit, take


class LookUps:
    """Counts looks at what was never seen before."""

    def __init__(self, rate: RateLimit, monotonic_s: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._monotonic_s = monotonic_s
        self._full_at_s = 0.0

    def count(self) -> None:
        """Count one.

        Raises:
            TooManyUnknownKeys: it is one too many for now.
        """
        taken = take(self._full_at_s, self._monotonic_s(), self._rate)
        if not taken.allowed:
            raise TooManyUnknownKeys("more unknown keys come in than are looked up")
        self._full_at_s = taken.full_at_s
