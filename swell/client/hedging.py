"""When a read that takes long is asked a second time, and how often that may be."""

import threading
from collections import deque
from dataclasses import dataclass
from typing import Final

_WINDOW: Final = 256
_LEAST_SAMPLES: Final = 20
_RESERVE: Final = 10.0


@dataclass(frozen=True)
class HedgeCounts:
    """Reads that were asked, those of them that were asked twice, and those whose second request was answered first."""

    reads: int
    hedged: int
    won: int


class Hedging:
    """A read that is slower than most is asked a second time, in another region where there is one.

    *Slower than most*: than `quantile` of the last reads. `budget` is the share of all reads that may be asked twice:
    a server that is slow for everybody is not asked twice as often for it. Safe to share between threads.
    """

    def __init__(self, *, quantile: float = 0.95, budget: float = 0.05) -> None:
        if not 0.5 <= quantile < 1 or not 0 < budget <= 0.05:
            raise ValueError(f"quantile, budget: got {quantile}, {budget}, allowed: 0.5 to below 1, up to 0.05")
        self._quantile = quantile
        self._budget = budget
        self._earned = 0.0
        self._took_s: deque[float] = deque(maxlen=_WINDOW)
        self._reads = self._hedged = self._won = 0
        self._lock = threading.Lock()

    @property
    def counts(self) -> HedgeCounts:
        """Since this was made."""
        with self._lock:
            return HedgeCounts(self._reads, self._hedged, self._won)

    def begin(self) -> float | None:
        """A read begins: how long to wait for its answer before asking again; None as long as little is known."""
        with self._lock:
            self._reads += 1
            self._earned = min(_RESERVE, self._earned + self._budget)
            if len(self._took_s) < _LEAST_SAMPLES:
                return None
            return sorted(self._took_s)[int(len(self._took_s) * self._quantile)]

    def spend(self) -> bool:
        """Whether a read may be asked a second time."""
        with self._lock:
            if self._earned < 1:
                return False
            self._earned -= 1
            self._hedged += 1
            return True

    def took(self, seconds: float) -> None:
        """How long a first request took, or had taken when the second one was answered."""
        with self._lock:
            self._took_s.append(seconds)

    def second_won(self) -> None:
        """The second request was answered first."""
        with self._lock:
            self._won += 1
