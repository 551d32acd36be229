"""The weeks before a rehearsal: load as it usually is, with a few events, and the models fitted on it.

What is to come cannot be learned from a past that was never there, so the past is a modest one: two weeks, a match or
a sale every few days that lifted load by some times, nothing like the event of the scenario. Everything else the
forecast has to take from the calendar and from the last minutes, as it would have to.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Final, Self

import numpy as np
import orjson
from numpy.typing import NDArray

from benchmarks.scenarios.course import Course
from functions.burst_prediction import growth_model
from functions.burst_prediction.crowds import crowds_in
from functions.burst_prediction.forecast import HORIZON_MIN
from functions.burst_prediction.growth_model import GrowthModel, fit_growth_model
from functions.burst_prediction.load_history import LoadHistory, minutes_since_epoch
from functions.burst_prediction.log_grid import BIN_MIN, log_grid
from functions.burst_prediction.model_document import model_document, model_of
from functions.burst_prediction.profile import Profile
from shared.domain.calendar import CalendarEvent, EventType, Occurrence

Floats = NDArray[np.float64]

DAYS: Final = 14
_MINUTES: Final = DAYS * 1440
_SEED: Final = 1998
_DEPTH: Final = 0.35
_NOISE_CV: Final = 0.069
_NOISE_KEEPS: Final = 0.8
_NOTHING_KEPT: Final = 1e-18
_TODAY_MIN: Final = 360
"""So long before the start what a scenario begins with takes the place of what is usual."""


@dataclass(frozen=True)
class _Earlier:
    """An event of the past: days before the start, hour of its start (UTC), what it did at its peak."""

    kind: EventType
    days_before: int
    hour: int
    minutes: int
    lift: float


_EVENTS: Final = (
    _Earlier(EventType.SPORTS, 12, 19, 120, 3.0),
    _Earlier(EventType.RELEASE, 10, 15, 90, 2.5),
    _Earlier(EventType.SPORTS, 8, 19, 120, 3.5),
    _Earlier(EventType.SPORTS, 5, 19, 120, 4.0),
    _Earlier(EventType.PROMOTION, 3, 14, 180, 2.0),
)


@dataclass(frozen=True)
class _RememberedProfile(Profile):
    """A profile that is asked for the same bins again and again, each time from five minutes later on."""

    first_min: float
    season_known: Floats

    @classmethod
    def of(cls, profile: Profile, minutes: Floats) -> Self:
        """With the season of these bins, one after the other, worked out once."""
        own = {field.name: getattr(profile, field.name) for field in fields(Profile)}
        return cls(**own, first_min=float(minutes[0]), season_known=profile.season_at(minutes))

    def season_at(self, minutes: Floats) -> Floats:
        """As the profile."""
        first = round((float(minutes[0]) - self.first_min) / BIN_MIN)
        known = self.season_known[first : first + len(minutes)] if first >= 0 else self.season_known[:0]
        is_that = len(known) == len(minutes) and minutes[0] == self.first_min + first * BIN_MIN
        return known if is_that else super().season_at(minutes)


class Past:
    """Requests in each minute of the days before `ends_at` (minutes, regions), the events, and models of them."""

    def __init__(self, course: Course, ends_at: datetime, *, days: int = DAYS, kept_in: Path | None = None) -> None:
        """Fitted models are kept in a directory, by what they were fitted on: fitting takes seconds."""
        self._regions = course.regions
        self._kept_in = kept_in
        self._ahead_min = int(course.scenario.duration_min) + 2 * HORIZON_MIN
        self._models: dict[int, GrowthModel] = {}
        self.ends_at = ends_at
        self.events = _events(course.regions, ends_at)
        self.requests = _requests(course, ends_at, self.events)[-days * 1440 :]

    @property
    def minutes(self) -> int:
        """How many there are."""
        return len(self.requests)

    def model(self, at: int) -> GrowthModel:
        """The model of a region, fitted when it is first asked for."""
        if at not in self._models:
            start = minutes_since_epoch(self.ends_at) - self.minutes
            history = LoadHistory(self._regions[at], start, 1, self.requests[:, at])
            model = _model(history, _occurrences(self.events, self.ends_at), self._kept_in)
            bins = (self.minutes + self._ahead_min) // BIN_MIN
            centres = start + BIN_MIN * np.arange(0.5, bins, dtype=np.float64)
            self._models[at] = replace(model, profile=_RememberedProfile.of(model.profile, centres))
        return self._models[at]


def _requests(course: Course, ends_at: datetime, events: Sequence[CalendarEvent]) -> Floats:
    """The usual course of each region with noise, lifted by events, and at its end what the scenario begins with."""
    scenario = course.scenario
    minutes = np.arange(-_MINUTES, 0, dtype=np.float64)
    hours = (minutes_since_epoch(ends_at) + minutes)[:, None] / 60 + course.longitudes / 15
    usual = 1 + _DEPTH * np.cos((hours - 20) * 2 * np.pi / 24)
    random = np.random.default_rng(_SEED)
    shocks = random.standard_normal((_MINUTES, len(course.regions))) * _NOISE_CV * np.sqrt(1 - _NOISE_KEEPS**2)
    noise = _kept_in_part(shocks)
    base = scenario.streams * scenario.stream.queries_per_s * 60 * np.maximum(course.base, 1e-3)
    today = course.requests_per_s(np.zeros(1))[0] * 60
    factors = usual * _lifts(minutes, ends_at, events)[:, None]
    share = np.clip(1 + minutes / _TODAY_MIN, 0, 1)[:, None] ** 2
    expected = base * factors * (1 - share) + today * share
    requests: Floats = np.round(np.maximum(expected * (1 + noise), 0.0))
    return requests


def _kept_in_part(shocks: Floats) -> Floats:
    """Deviations: each keeps a part of the one before it, and adds its own shock; the first is none."""
    deviations = shocks.copy()
    deviations[0] = 0.0
    reach, kept = 1, _NOISE_KEEPS
    while reach < len(shocks) and kept > _NOTHING_KEPT:  # sums over 1, 2, 4 and so on shocks
        deviations[reach:] += kept * deviations[:-reach]
        reach, kept = 2 * reach, kept * kept
    return deviations


def _lifts(minutes: Floats, ends_at: datetime, events: Sequence[CalendarEvent]) -> Floats:
    lifts = np.ones(len(minutes))
    for event, earlier in zip(events, _EVENTS, strict=True):
        start = (event.starts_at_local.replace(tzinfo=ends_at.tzinfo) - ends_at) / timedelta(minutes=1)
        since = minutes - start
        rise, fall = np.clip(since / 60 + 0.5, 0, 1), np.clip(1 - (since - earlier.minutes) / 60, 0, 1)
        lifts *= 1 + (earlier.lift - 1) * rise * fall
    return lifts


def _events(regions: Sequence[str], ends_at: datetime) -> tuple[CalendarEvent, ...]:
    midnight = ends_at.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    return tuple(
        CalendarEvent(
            event_id=f"past-{number}",
            name=f"an earlier {earlier.kind.value.replace('_', ' ')}",
            kind=earlier.kind,
            starts_at_local=midnight - timedelta(days=earlier.days_before) + timedelta(hours=earlier.hour),
            time_zone="UTC",
            duration=timedelta(minutes=earlier.minutes),
            region_weights=dict.fromkeys(regions, 1.0),
        )
        for number, earlier in enumerate(_EVENTS)
    )


def _occurrences(events: Sequence[CalendarEvent], ends_at: datetime) -> list[Occurrence]:
    since = ends_at - timedelta(days=DAYS + 1)
    return [one for event in events for one in event.occurrences(since, ends_at + timedelta(days=2))]


def _model(history: LoadHistory, occurrences: Sequence[Occurrence], kept_in: Path | None) -> GrowthModel:
    name = f"{history.region}-{_digest(history)}.json"
    if kept_in is not None and (kept_in / name).is_file():
        found = model_of(orjson.loads((kept_in / name).read_bytes()))
        if found is not None:
            return found
    model = fit_growth_model(log_grid(history), crowds_in(history.region, occurrences))
    if kept_in is not None:
        kept_in.mkdir(parents=True, exist_ok=True)
        # Other processes rehearse at the same time: what they find is whole.
        with NamedTemporaryFile(dir=kept_in, delete=False) as file:
            file.write(orjson.dumps(model_document(model)))
        Path(file.name).replace(kept_in / name)
    return model


def _digest(history: LoadHistory) -> str:
    """Of the load, and of the code that fits."""
    told = f"{history.region} {history.start_min}".encode()
    return hashlib.blake2b(history.counts.tobytes() + _fitting_code() + told, digest_size=10).hexdigest()


@cache
def _fitting_code() -> bytes:
    return b"".join(path.read_bytes() for path in sorted(Path(growth_model.__file__).parent.glob("*.py")))
