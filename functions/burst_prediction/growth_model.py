"""A fitted forecast of one region: the usual course, and how load grows over each of several leads."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from functions.burst_prediction.arrays import Flags, Floats, Indices
from functions.burst_prediction.bands import Bands, bands
from functions.burst_prediction.crowds import Crowd
from functions.burst_prediction.event_basis import Phase
from functions.burst_prediction.event_memory import EventMemory
from functions.burst_prediction.growth_features import (
    EVENT_COLUMNS,
    EVENT_PRIOR,
    EVENT_SCALES,
    GrowthFeatures,
    GrowthReader,
)
from functions.burst_prediction.log_grid import LogGrid
from functions.burst_prediction.profile import HISTORY_DAYS, Profile, fit_profile
from functions.burst_prediction.robust_ridge import Regression, fit
from functions.burst_prediction.usual_course import UsualCourse, usual_course

# Leads that are fitted; a lead between two of them takes from both. 15 minutes is the one that is scored.
LEADS_MIN = (0, 15, 30, 60, 120, 300, 900)
# Far ahead one model serves many leads, so it learns from many: the season between two times of a day is not what it is
# between the same time of two days.
POOLED_LEADS_MIN = {300: (210, 300, 420), 900: (540, 720, 900, 1080, 1260, 1425)}
# A residual of a longer lead comes from coefficients that have not seen the day before it either.
LONGEST_LEAD_WITHIN_A_DAY_MIN = 120
HALF_LIFE_DAYS = 14.0
# Errors of the last four weeks size the bands.
BAND_DAYS = 28
MIN_DAYS = 2
# Quiet stretches repeat themselves: of their bins so many a day are fitted, with the weight of all.
QUIET_ROWS_PER_DAY = 96


@dataclass(frozen=True)
class Growth:
    """How load grows over one lead: `growth = coefficients[0] + ((features - centres) / scales) @ coefficients[1:]`."""

    lead_min: int
    centres: Floats
    scales: Floats
    coefficients: Floats
    bands: Bands

    @cached_property
    def slopes(self) -> Floats:
        """What one unit of each feature adds to the growth."""
        return self.coefficients[1:] / self.scales

    @cached_property
    def constant(self) -> float:
        """The growth where all features are 0."""
        return float(self.coefficients[0] - self.centres @ self.slopes)


@dataclass(frozen=True)
class GrowthModel:
    """All that a forecast needs from the past beyond the last days of load."""

    bin_min: int
    profile: Profile
    growths: tuple[Growth, ...]
    memory: EventMemory

    def growths_of(self, features: GrowthFeatures) -> Floats:
        """The growth of log load that features foretell, over each lead. Shape (pairs, leads).

        Without events their columns are 0, as are their centres: they add nothing.
        """
        rows, slopes = features.rows, self._slopes
        return rows @ slopes[: rows.shape[1]] + self._constants

    @cached_property
    def relative_errors(self) -> Floats:
        """The bands of each lead: shape (leads, phases, quantiles)."""
        return np.stack([growth.bands.relative for growth in self.growths])

    @cached_property
    def _slopes(self) -> Floats:
        return np.stack([growth.slopes for growth in self.growths], axis=1)

    @cached_property
    def _constants(self) -> Floats:
        return np.array([growth.constant for growth in self.growths])


def bins_ahead(lead_min: int, bin_min: int) -> int:
    """Bins from the last complete one to the one that starts `lead_min` after it ended, or at the next boundary."""
    return -(-lead_min // bin_min) + 1


def has_enough(grid: LogGrid) -> bool:
    """Whether a growth model can be fitted at all."""
    return int((~np.isnan(grid.log_load)).sum()) >= MIN_DAYS * grid.bins_per_day


def fit_growth_model(
    grid: LogGrid,
    crowds: Sequence[Crowd],
    *,
    leads_min: Sequence[int] = LEADS_MIN,
    earlier: EventMemory = (),
) -> GrowthModel:
    """Fit what the last six weeks show; `earlier` are crowds remembered from before them."""
    profile = fit_profile(grid, crowds)
    course = usual_course(grid, profile, crowds, ahead=0, earlier=earlier)
    reader = GrowthReader(course)
    by_bins = {bins_ahead(lead, grid.bin_min): lead for lead in sorted(leads_min, reverse=True)}
    growths = tuple(_fit_growth(course, reader, by_bins[bins]) for bins in sorted(by_bins))
    return GrowthModel(grid.bin_min, profile, growths, course.memory)


def _fit_growth(course: UsualCourse, reader: GrowthReader, lead_min: int) -> Growth:
    origins, targets = _training_pairs(course, lead_min)
    features = reader.features(origins, targets)
    centres, scales = _standard(features)
    rows = features.rows
    columns = rows.shape[1]
    standard = np.concatenate([np.ones((len(rows), 1)), (rows - centres[:columns]) / scales[:columns]], axis=1)
    prior = _prior(centres, scales)
    growths = course.log_load[targets] - course.log_load[origins]
    fitted = fit(
        Regression(
            rows=standard,
            targets=growths,
            weights=_weights(course, origins, targets),
            days=_days(course, origins),
            prior=prior[: columns + 1],
            gap_days=int(lead_min > LONGEST_LEAD_WITHIN_A_DAY_MIN),
        )
    )
    ages_days = (len(course) - origins) / course.grid.bins_per_day
    recent = ages_days <= BAND_DAYS
    foreseen = growths - fitted.residuals
    band = bands(foreseen[recent], fitted.residuals[recent], course.phases[targets][recent], ages_days[recent])
    coefficients = np.concatenate([fitted.coefficients, prior[columns + 1 :]])
    return Growth(lead_min, centres, scales, coefficients, band)


def _training_pairs(course: UsualCourse, lead_min: int) -> tuple[Indices, Indices]:
    """Pairs of known bins, by origin: all near events and some elsewhere, fewer of long leads."""
    origins, targets = [], []
    for lead in POOLED_LEADS_MIN.get(lead_min, (lead_min,)):
        bins = bins_ahead(lead, course.grid.bin_min)
        chosen = _training_origins(course, bins)
        origins.append(chosen)
        targets.append(chosen + bins)
    together, order = np.concatenate(origins), np.argsort(np.concatenate(origins), kind="stable")
    return together[order], np.concatenate(targets)[order]


def _training_origins(course: UsualCourse, bins: int) -> Indices:
    per_day = course.grid.bins_per_day
    first = max(per_day, len(course) - bins - HISTORY_DAYS * per_day)
    origins = np.arange(first, len(course) - bins, dtype=np.int64)
    stride = max(1, min(bins // 6, per_day // 24))
    kept = (len(course) - origins) % stride == 0
    kept &= course.known[origins] & course.known[origins + bins]
    kept &= _near_event(course, origins, origins + bins) | (origins // stride % _quiet_stride(course) == 0)
    chosen: Indices = origins[kept]
    return chosen


def _quiet_stride(course: UsualCourse) -> int:
    return max(1, course.grid.bins_per_day // QUIET_ROWS_PER_DAY)


def _near_event(course: UsualCourse, origins: Indices, targets: Indices) -> Flags:
    near: Flags = (course.phases[origins] != Phase.QUIET) | (course.phases[targets] != Phase.QUIET)
    return near


def _weights(course: UsualCourse, origins: Indices, targets: Indices) -> Floats:
    """Recent rows and busy bins count more: the score is the absolute error in requests."""
    age_days = (len(course) - origins) / course.grid.bins_per_day
    weights: Floats = np.exp(0.5 * course.log_load[targets]) * 0.5 ** (age_days / HALF_LIFE_DAYS)
    weights = weights * np.where(_near_event(course, origins, targets), 1, _quiet_stride(course))
    mean: np.float64 = weights.mean()
    return weights / mean


def _days(course: UsualCourse, origins: Indices) -> Indices:
    """Blocks of a day that end where the series ends, counted from 0; what is older than the bands is one block."""
    back = np.minimum((len(course) - 1 - origins) // course.grid.bins_per_day, BAND_DAYS)
    return np.unique(back[0] - back, return_inverse=True)[1]


def _standard(features: GrowthFeatures) -> tuple[Floats, Floats]:
    general = features.general
    spread = general.std(axis=0)
    spread = np.where(spread > 1e-6, spread, np.inf)  # a column that never changed tells nothing
    centres = np.concatenate([general.mean(axis=0), np.zeros(EVENT_COLUMNS)])
    return centres, np.concatenate([spread, EVENT_SCALES])


def _prior(centres: Floats, scales: Floats) -> Floats:
    """Growth as the season and the course of events foresee it, in units of the standard columns."""
    general = np.zeros(len(scales) - EVENT_COLUMNS)
    general[0] = scales[0] if np.isfinite(scales[0]) else 0.0
    return np.concatenate([centres[:1], general, EVENT_PRIOR * EVENT_SCALES])
