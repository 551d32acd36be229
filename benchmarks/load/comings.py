"""When users come, leave, lose their connections and are back: what the processes of the generator are told of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Comings:
    """By the number of a user: when it comes and leaves. Who loses the connection when, and is back when.

    Nobody asks after `until_s`. All were answers there at once: who waits for one does everything so much later.
    """

    arrives_s: Floats
    leaves_s: Floats
    cut_user: NDArray[np.int64]
    cut_at_s: Floats
    cut_back_s: Floats
    until_s: float

    @property
    def most(self) -> int:
        """How many are there at once at most."""
        come, gone = np.sort(self.arrives_s), np.sort(self.leaves_s)
        there = np.arange(1, len(come) + 1) - np.searchsorted(gone, come, side="right")
        return int(there.max(initial=0))

    def stored(self) -> dict[str, Any]:
        """For a file of arrays."""
        return {**vars(self)}

    @classmethod
    def of(cls, stored: Mapping[str, NDArray[Any]]) -> Self:
        """As they were stored."""
        return cls(
            stored["arrives_s"],
            stored["leaves_s"],
            stored["cut_user"],
            stored["cut_at_s"],
            stored["cut_back_s"],
            float(stored["until_s"]),
        )
