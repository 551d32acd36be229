"""One tick of every region: who is answered, held, shed or refused. Rows are regions, columns tiers, premium first."""

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shared.domain.serving_mode import ServingMode, terms
from shared.domain.tier import Tier
from shared.serving.lane import BURST_PATIENCE_S, HIGH_PATIENCE_S

Floats = NDArray[np.float64]

TIERS: Final = (Tier.PREMIUM, Tier.STANDARD, Tier.FREE)
"""In the order in which they are served when not all can be: `shared/serving/priority.py`."""
PATIENCE_S: Final = np.array([HIGH_PATIENCE_S, BURST_PATIENCE_S, BURST_PATIENCE_S])
COLD_PATIENCE_S: Final = 10.0
"""Cloud Run holds a request for so long while no instance is there, or for 3.5 times the start of one."""


@dataclass(frozen=True)
class Tick:
    """What became of the requests of one tick, and who still waits at its end."""

    served: Floats
    shed: Floats
    refused: Floats
    waiting: Floats


@cache
def let_in(mode: ServingMode) -> Floats:
    """The share of each tier that the mode lets in."""
    return np.array([terms(mode, tier).admission_share for tier in TIERS])


def serve(arriving: Floats, waiting: Floats, capacity: Floats, shares: Floats, tick_s: float) -> Tick:
    """Serve one tick: `arriving` and `waiting` requests (regions, tiers), `capacity` requests of each region.

    Whoever does not get a place waits as long as admission allows; what is beyond that is refused. Requests are neither
    made nor lost: arriving + waiting before = served + shed + refused + waiting after.
    """
    shed = arriving * (1 - shares)
    asking = arriving - shed + waiting
    reached = np.minimum(np.cumsum(asking, axis=1), capacity[:, None])
    served = np.diff(reached, axis=1, prepend=0.0)
    left = asking - served
    patience = np.where(capacity[:, None] > 0, PATIENCE_S * capacity[:, None], COLD_PATIENCE_S * arriving) / tick_s
    kept = np.minimum(left, np.maximum(patience, 0.0))
    return Tick(served, shed, left - kept, kept)
