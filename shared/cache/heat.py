"""Which segments stay: those used most, lately."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

HALF_LIFE_S: Final = 600.0
"""A use counts half after ten minutes: longer than a lull in a crowd, shorter than the time between crowds."""


@dataclass(frozen=True)
class Heat:
    """Uses of a segment, decayed exponentially; `at_s` in monotonic seconds."""

    uses: float
    at_s: float

    def touched(self, now_s: float) -> "Heat":
        """After one more use now."""
        return Heat(self.at(now_s) + 1.0, now_s)

    def at(self, now_s: float) -> float:
        """What is left of the uses at `now_s`."""
        return self.uses * math.exp2((self.at_s - now_s) / HALF_LIFE_S)


def to_evict(
    sizes_bytes: Mapping[str, int], heats: Mapping[str, Heat], limit_bytes: int, keep: str, now_s: float
) -> list[str]:
    """The coldest segments, as few as bring the rest under the limit; `keep` is never among them.

    Segments of equal heat leave in the order of their last use.
    """
    excess = sum(sizes_bytes.values()) - limit_bytes
    evicted: list[str] = []
    for name in sorted(sizes_bytes, key=lambda name: (round(heats[name].at(now_s), 6), heats[name].at_s)):
        if excess <= 0:
            break
        if name != keep:
            evicted.append(name)
            excess -= sizes_bytes[name]
    return evicted
