"""How long instances take to be there, and so how early they must be asked for."""

import math
from dataclasses import dataclass

import numpy as np

from functions.burst_prediction.arrays import Floats


@dataclass(frozen=True)
class Ramp:
    """How fast a region grows: instances started a minute, and seconds from its start until one answers, index loaded.

    RuVector's documents allow 100 instances a minute and region. The warm-up is measured.
    """

    instances_per_min: int
    warm_up_s: float

    def __post_init__(self) -> None:
        """Refuse a ramp that never arrives.

        Raises:
            ValueError: the text names the field, its value and what is allowed.
        """
        if self.instances_per_min < 1:
            raise ValueError(f"instances_per_min: got {self.instances_per_min}, allowed: 1 or more")
        if not 0 <= self.warm_up_s <= 3600:
            raise ValueError(f"warm_up_s: got {self.warm_up_s}, allowed: 0 to 3600")

    @property
    def warm_up_min(self) -> int:
        """Whole minutes, rounded up."""
        return math.ceil(self.warm_up_s / 60)


def ask_early(needed: Floats, ramp: Ramp) -> Floats:
    """Instances to ask for in each minute so that those needed in each later minute are there in time.

    Asking for a number starts at most `instances_per_min` a minute, each there `warm_up_min` later, so a need of N at
    minute u binds every minute t before it to N - rate * (u - warm_up - t), and the minutes from u - warm_up to u to N.
    What is needed within the first warm-up can no longer be early; it is asked for at once.
    """
    padded = np.concatenate([needed, np.full(ramp.warm_up_min, needed[-1])])
    moved = np.lib.stride_tricks.sliding_window_view(padded, ramp.warm_up_min + 1).max(axis=1)
    # max over u of moved[u] - rate * (u - t): a running maximum from the end of what is left when the slope is added
    slope = ramp.instances_per_min * np.arange(len(needed))
    asked: Floats = np.maximum.accumulate((moved - slope)[::-1])[::-1] + slope
    return np.maximum(asked, 0.0)
