"""What the crowds that a model remembers did to load, by kind."""

from collections import defaultdict
from collections.abc import Mapping

import numpy as np

from functions.burst_prediction.event_memory import OFFSETS_MIN, RememberedCrowd
from functions.burst_prediction.growth_model import GrowthModel
from functions.burst_prediction.profile import Profile
from shared.crowds.drawn import Drawn
from shared.domain.calendar import EventType


def drawn_by_kind(model: GrowthModel) -> Mapping[EventType, Drawn]:
    """The multiples of the usual load at the peaks; kinds that were not seen are not there."""
    multiples: dict[str, list[float]] = defaultdict(list)
    for held in model.memory:
        multiples[held.crowd.kind].append(_multiple(held, model.profile))
    return {
        EventType(kind): Drawn(len(each), round(min(each), 2), round(max(each), 2)) for kind, each in multiples.items()
    }


def _multiple(held: RememberedCrowd, profile: Profile) -> float:
    """A departure is from a course that has crowds in it already: both together are what the crowd did."""
    of_its_kind = profile.events_of(held.crowd.start_min + OFFSETS_MIN, [held.crowd])
    return float(np.exp((of_its_kind + held.departure).max()))
