"""How far load has been from what was foreseen, kept apart for the phases of events: the forecast's quantiles.

Conformal: nothing is assumed about the shape of the errors. The quantile q of past errors, the newest of weight 1, is
the least error that all errors up to it outweigh q of all of them and of the next one together.
"""

from dataclasses import dataclass

import numpy as np

from functions.burst_prediction.arrays import Floats, Indices
from functions.burst_prediction.event_basis import Phase

QUANTILES = (0.5, 0.9, 0.95, 0.99)
NORMAL_SCORES = np.array([0.0, 1.2816, 1.6449, 2.3263])  # of the quantiles
# Crowds of a series grow from round to round, and errors with them: an error of a week ago weighs half.
HALF_LIFE_DAYS = 14.0
# Errors that a phase needs before it has quantiles of its own. An event gives 12 to 18 bins of 5 minutes to a phase.
MIN_ERRORS = 100
# With no errors at all (a series that has just begun): a tenth of all quarter-hours at most double within 15 minutes.
UNKNOWN_DEVIATION = float(np.log(2) / NORMAL_SCORES[1])


# Part of an error is noise, part is growth that came sooner, later or stronger: that part is in proportion to the
# growth foreseen. On the World Cup trace the two are equal where load grows by a fifth.
GROWTH_OF_EQUAL_PARTS = 0.2


@dataclass(frozen=True)
class Bands:
    """`relative[phase, k]`: errors at `QUANTILES[k]`, relative to `error_scale` (4 phases, 4 quantiles)."""

    relative: Floats


def error_scale(growths: Floats) -> Floats:
    """How large errors are where load is foreseen to grow by `growths` (log), up to a factor."""
    return GROWTH_OF_EQUAL_PARTS + np.abs(growths)


def bands(growths: Floats, errors: Floats, phases: Indices, ages_days: Floats) -> Bands:
    """Bands from growths as they were foreseen and the errors (log load minus what was foreseen) that followed.

    A phase with few errors takes those of all phases of events; where these are few too, those of all bins.
    """
    scaled = errors / error_scale(growths)
    relative = np.empty((len(Phase), len(QUANTILES)))
    for phase in Phase:
        candidates = [phases == phase]
        if phase is not Phase.QUIET:
            candidates.append(phases != Phase.QUIET)
        chosen = next((some for some in candidates if some.sum() >= MIN_ERRORS), np.ones(len(errors), np.bool_))
        relative[phase] = conformal_quantiles(scaled[chosen], 0.5 ** (ages_days[chosen] / HALF_LIFE_DAYS))
    return Bands(relative)


def conformal_quantiles(errors: Floats, weights: Floats) -> Floats:
    """`QUANTILES` of the next error, after these."""
    if len(errors) == 0:
        return UNKNOWN_DEVIATION / GROWTH_OF_EQUAL_PARTS * NORMAL_SCORES
    order = np.argsort(errors)
    reached = np.cumsum(weights[order]) / (weights.sum() + 1)
    ranks = np.minimum(np.searchsorted(reached, QUANTILES), len(errors) - 1)
    return errors[order][ranks]
