"""Ratios of two systems that were measured in turns."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Self


@dataclass(frozen=True)
class Ratio:
    """The median over rounds of one system's figure over the other's, with the smallest and the largest."""

    median: float
    smallest: float
    largest: float

    @classmethod
    def of(cls, ours: Sequence[float], theirs: Sequence[float]) -> Self:
        """Pairs are of one round: what slowed the machine in it slowed both, and cancels.

        Raises:
            ValueError: there is no round, or not one figure of each system for each.
        """
        ratios = [mine / other for mine, other in zip(ours, theirs, strict=True)]
        if not ratios:
            raise ValueError("a ratio of no rounds")
        return cls(median(ratios), min(ratios), max(ratios))
