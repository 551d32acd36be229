"""The course of a scenario in numbers: streams in each region at each moment, before noise."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.scenarios.arrival import Arrival, Constant, Daily, Flash, Periodic, Ramp, Trace
from benchmarks.scenarios.catalog import TRACES, BadScenario
from benchmarks.scenarios.model import Scenario
from shared.topology import Topology

Floats = NDArray[np.float64]

HUB_WEIGHT: Final = 80.0
OTHER_WEIGHT: Final = 10.0
"""RuVector's base of 500 M: 80 M in each hub, 10 M in each other region."""
_A_COURSE: Final = "two rows or more of minute, which rises, and multiple, from 0 on and not always 0"
_BUSIEST_HOUR: Final = 20.0
"""World Cup 98 and most consumer traffic: the evening."""


def factors(arrival: Arrival, minutes: Floats) -> Floats:
    """Multiples of the base at these minutes since the start; what came before the start is as at the start."""
    minutes = np.maximum(minutes, 0.0)
    match arrival:
        case Constant() | Daily():
            return np.ones(len(minutes))
        case Ramp():
            return _ramp(arrival, minutes)
        case Flash():
            return _flash(arrival, minutes)
        case Periodic():
            phase = (minutes - arrival.first_min) % arrival.every_min
            on = (minutes >= arrival.first_min) & (phase < arrival.spike_min)
            return np.where(on, arrival.factor, 1.0)
        case Trace():
            known, multiples = read_course(arrival.file)
            played: Floats = np.interp(minutes * arrival.compress, known, multiples / multiples.max() * arrival.peak)
            return played


@cache
def read_course(file: str, directory: Path = TRACES) -> tuple[Floats, Floats]:
    """Minutes and multiples of a recorded course.

    Raises:
        BadScenario: there is no such file, or it is not a course.
    """
    try:
        lines = (directory / file).read_text("utf-8").splitlines()
    except OSError as error:
        raise BadScenario(f"arrival.file: got {file!r}, allowed: a file in {directory}") from error
    except UnicodeDecodeError as error:
        raise BadScenario(f"arrival.file: got {file!r}, which is not UTF-8, allowed: {_A_COURSE}") from error
    rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    try:
        known, multiples = (np.array([float(row[name]) for row in rows], np.float64) for name in ("minute", "multiple"))
    except (KeyError, TypeError, ValueError) as error:
        raise BadScenario(f"arrival.file: got {file!r} ({error!r}), allowed: {_A_COURSE}") from error
    finite = np.isfinite(known).all() and np.isfinite(multiples).all()
    if not (finite and len(known) > 1 and (np.diff(known) > 0).all() and (multiples >= 0).all() and multiples.any()):
        raise BadScenario(f"arrival.file: got {file!r}, {len(known)} rows, allowed: {_A_COURSE}")
    return known, multiples


@dataclass(frozen=True)
class Course:
    """A scenario laid out over the regions of a topology: who is asked how often, at any moment."""

    scenario: Scenario
    regions: tuple[str, ...]
    base: Floats
    crowd: Floats
    longitudes: Floats

    @classmethod
    def of(cls, scenario: Scenario, topology: Topology) -> "Course":
        """The course over all regions of the topology.

        Raises:
            BadScenario: a region is named that the topology does not have.
        """
        regions = tuple(topology.regions)
        hubs = {name: HUB_WEIGHT if topology.regions[name].hub is None else OTHER_WEIGHT for name in regions}
        base = _shares(scenario.regions or hubs, regions)
        crowd = base if scenario.crowd is None else _shares(scenario.crowd, regions)
        for event in scenario.calendar:
            _shares(event.weights, regions)
        for fault in scenario.faults:
            _shares(dict.fromkeys(fault.regions or regions, 1.0), regions)
        longitudes = np.array([topology.regions[name].longitude_deg for name in regions])
        return cls(scenario, regions, base, crowd, longitudes)

    def streams(self, minutes: Floats) -> Floats:
        """Streams (minutes, regions) at minutes since the start."""
        scenario = self.scenario
        multiples = factors(scenario.arrival, minutes)
        usual = np.minimum(multiples, 1.0)[:, None] * self.base * self.days(minutes)
        excess = np.maximum(multiples - 1.0, 0.0)[:, None] * self.crowd
        return scenario.streams * (usual + excess)

    def days(self, minutes: Floats) -> Floats:
        """The course of the day (minutes, regions): 1 on average, or at the peak of `diurnal` its multiple."""
        arrival, depth = self.scenario.arrival, self.scenario.diurnal
        hours = _hour_of(self.scenario.starts_at) + minutes[:, None] / 60 + self.longitudes / 15
        evening = np.cos((hours - _BUSIEST_HOUR) * 2 * np.pi / 24)
        if isinstance(arrival, Daily):
            lifted: Floats = 1 + (arrival.peak - 1) * np.maximum(evening, 0.0)
            return lifted
        swung: Floats = 1 + depth * evening
        return swung

    def requests_per_s(self, minutes: Floats) -> Floats:
        """What these streams ask (minutes, regions)."""
        return self.streams(minutes) * self.scenario.stream.queries_per_s


def _hour_of(moment: datetime) -> float:
    utc = moment.utctimetuple()
    return utc.tm_hour + utc.tm_min / 60


def _shares(weights: Mapping[str, float], regions: Sequence[str]) -> Floats:
    if strange := sorted(set(weights) - set(regions)):
        raise BadScenario(f"regions: got {', '.join(strange)}, allowed: {', '.join(regions)}")
    given = np.array([weights.get(name, 0.0) for name in regions])
    if given.sum() <= 0:
        raise BadScenario("regions: got weights that add up to 0, allowed: more than 0")
    shares: Floats = given / given.sum()
    return shares


def _ramp(arrival: Ramp, minutes: Floats) -> Floats:
    times, values = [0.0], [arrival.begins_at]
    for stage in arrival.stages:
        if stage.at_once:
            times.append(times[-1] + 1e-6)
            values.append(stage.factor)
        times.append(times[-1] + stage.minutes)
        values.append(stage.factor)
    straight: Floats = np.interp(minutes, times, values)
    return straight


def _flash(arrival: Flash, minutes: Floats) -> Floats:
    since = minutes - arrival.at_min
    rising = np.clip(since / arrival.ramp_min, 0.0, 1.0)
    leaving = np.maximum(since - arrival.ramp_min - arrival.hold_min, 0.0)
    left: Floats = 1 + (arrival.peak - 1) * rising * 0.5 ** (leaving / arrival.half_life_min)
    return left
