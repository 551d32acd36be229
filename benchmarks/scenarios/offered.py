"""How much a scenario offers in its live variant, moment by moment: its course and noise at the size of a machine."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.scenarios.course import Course
from benchmarks.scenarios.model import Scenario
from shared.topology import Topology

Floats = NDArray[np.float64]

_STEPS: Final = 1000


def offered_rate(
    scenario: Scenario, topology: Topology, random: np.random.Generator, *, peak_per_s: float, seconds: float
) -> tuple[Floats, Floats]:
    """Moments (s) and requests a second then: the peak at `peak_per_s` but for noise, the whole length in `seconds`.

    Raises:
        BadScenario: it names a region that the topology does not have.
    """
    minutes = np.linspace(0, scenario.duration_min, _STEPS)
    streams = Course.of(scenario, topology).streams(minutes).sum(axis=1)
    rate: Floats = streams / streams.max() * peak_per_s * _deviations(scenario, random)
    return minutes / scenario.duration_min * seconds, rate


def _deviations(scenario: Scenario, random: np.random.Generator) -> Floats:
    """What the rate is multiplied by at each step: near 1, and near what it was a moment before."""
    keeps = float(np.exp(-scenario.duration_min * 60 / _STEPS / scenario.bursty.memory_s))
    shocks = random.standard_normal(_STEPS) * np.sqrt(1 - keeps**2)
    off = random.standard_normal()
    found = np.empty(_STEPS)
    for step, shock in enumerate(shocks.tolist()):
        off = keeps * off + shock
        found[step] = off
    factors: Floats = np.maximum(1 + scenario.bursty.cv * found, 0.0)
    return factors
