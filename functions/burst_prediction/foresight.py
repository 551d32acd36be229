"""Growth over any lead, from the leads that were fitted."""

from dataclasses import dataclass

import numpy as np

from functions.burst_prediction.arrays import Floats, Indices
from functions.burst_prediction.bands import NORMAL_SCORES, error_scale
from functions.burst_prediction.growth_features import GrowthReader
from functions.burst_prediction.growth_model import GrowthModel, bins_ahead
from functions.burst_prediction.usual_course import UsualCourse

# Growth of load beyond this factor within a day is outside anything a history tells about: e^4 = 55, the 50x of the
# largest burst that Swell is designed for and a little.
LARGEST_LOG_GROWTH = 4.0


@dataclass(frozen=True)
class Foreseen:
    """Forecasts of log load (pairs,) and their quantiles (pairs, quantiles), which never cross."""

    log_load: Floats
    quantiles: Floats


def foresee(model: GrowthModel, course: UsualCourse, origins: Indices, targets: Indices) -> Foreseen:
    """Log load of target bins as seen from the end of origin bins; all pairs lie at least one bin apart."""
    features = GrowthReader(course, since=int(origins.min())).features(origins, targets)
    leads = np.array([bins_ahead(growth.lead_min, model.bin_min) for growth in model.growths], np.float64)
    # Between two fitted leads each counts by how near it is on a logarithmic scale: errors grow like that.
    position = np.interp(np.log(targets - origins), np.log(leads), np.arange(len(leads)))
    shares = np.maximum(1 - np.abs(position[:, None] - np.arange(len(leads))), 0.0)
    growths = np.clip(model.growths_of(features), -LARGEST_LOG_GROWTH, LARGEST_LOG_GROWTH)
    errors = (shares * error_scale(growths)).T[:, :, None] * model.relative_errors[:, course.phases[targets]]
    offsets = errors.sum(axis=0)
    log_load = course.log_load[origins] + (shares * growths).sum(axis=1)
    offsets = _widened(offsets, np.abs(course.prior_deviation[targets] - course.prior_deviation[origins]))
    return Foreseen(log_load, np.maximum.accumulate(log_load[:, None] + offsets, axis=1))


def _widened(offsets: Floats, deviations: Floats) -> Floats:
    """Bands with the doubt about events of a kind that has hardly been seen; independent errors add in square."""
    wider: Floats = np.sqrt(offsets**2 + (NORMAL_SCORES * deviations[:, None]) ** 2)
    return offsets + wider - np.abs(offsets)
