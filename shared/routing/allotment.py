"""Dividing traffic that has to move over the regions that have room for it."""

from collections.abc import Sequence
from typing import Final

PAIR: Final = 2
"""Targets are filled in pairs: the two nearest (primary), then the next two (secondary), as RUVECTOR §1.4 does."""


class Room:
    """What each region can still take without passing 80 % of its capacity. Taking from it uses it up."""

    def __init__(self, free: dict[str, float]) -> None:
        self._free = {region: max(0.0, amount) for region, amount in free.items()}

    def of(self, region: str) -> float:
        """What is left of one region."""
        return self._free.get(region, 0.0)

    def give(self, region: str, amount: float) -> None:
        """Give away so much of one region, as far as it has it."""
        self._free[region] = max(0.0, self.of(region) - amount)

    def take(self, amount: float, targets: Sequence[str]) -> dict[str, float]:
        """Divide `amount` over `targets`, given nearest first: pair by pair, in a pair by free room.

        What is returned may add up to less: then there was no more room.
        """
        taken: dict[str, float] = {}
        for start in range(0, len(targets), PAIR):
            left = amount - sum(taken.values())
            if left <= 0:
                break
            taken |= self.spread(left, targets[start : start + PAIR])
        return taken

    def spread(self, amount: float, targets: Sequence[str]) -> dict[str, float]:
        """Divide `amount` over all `targets` by free room, near or far; as far as there is room."""
        free = {region: self.of(region) for region in targets if self.of(region) > 0}
        total = sum(free.values())
        if total <= 0:
            return {}
        part = min(1.0, amount / total)
        for region, room in free.items():
            self._free[region] = room - room * part
        return {region: room * part for region, room in free.items()}
