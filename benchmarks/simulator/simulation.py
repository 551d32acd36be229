"""The simulation of one scenario under one policy: beats of ten seconds, ticks within them, decisions each minute."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.rehearsal.result import Entry, EntryKind
from benchmarks.scenarios.course import Course
from benchmarks.scenarios.model import Scenario
from benchmarks.simulator.asking import requests_asked
from benchmarks.simulator.calibration import Calibration
from benchmarks.simulator.chronicle import Chronicle
from benchmarks.simulator.faults import FaultPlan, Troubles, told
from benchmarks.simulator.fleet import CPU_TARGET, FleetRules, SimulatedFleet
from benchmarks.simulator.foresight import EVERY_MIN, Foresight
from benchmarks.simulator.latency import BOUNDS_MS, Conditions, LatencyModel, quantile_ms
from benchmarks.simulator.load import MinuteTotals, SimulatedLoad
from benchmarks.simulator.memory import SimulatedClock
from benchmarks.simulator.past import Past
from benchmarks.simulator.policies import Deciders, Policy, Terms
from benchmarks.simulator.recording import Beats, Recorder
from benchmarks.simulator.routes import Routes, Shown
from benchmarks.simulator.work import Done, Work
from functions.budget_enforcement.spend import cost_of_minutes
from shared.domain.prices import LIST_PRICES
from shared.domain.scaling_plan import ScalingPlan
from shared.domain.serving_mode import ServingMode
from shared.topology import Topology

Floats = NDArray[np.float64]

BEAT_S: Final = 10
BEATS_PER_MIN: Final = 60 // BEAT_S
BEFORE_MIN: Final = 20
"""It begins so long before the scenario does, with its first load, so that load of late is known at the start."""
NOTICED_AFTER_S: Final = 30
"""A region that answers nothing is noticed after three missed heartbeats of ten seconds."""
RETRIED: Final = 0.1
"""Clients make at most so many of their calls again: `RetryPolicy.budget` of swell/client/retries.py."""
MOST_STEPS: Final = 360
_BEFORE_BEATS: Final = BEFORE_MIN * BEATS_PER_MIN
_NOBODY: Final = 0.5
_TOLD: Final[dict[str, EntryKind]] = {
    "forecast": "forecast",
    "prewarm": "prewarm",
    "scaling": "scaling",
    "serving_mode": "serving_mode",
    "budget": "budget",
    "alert": "alert",
}


@dataclass(frozen=True)
class Setting:
    """Everything but scenario and policy that a simulation depends on."""

    topology: Topology
    terms: Terms
    calibration: Calibration
    rules: FleetRules
    past: Past
    quotas: Floats


@dataclass(frozen=True)
class Simulated:
    """What came of it. `forecast`: requests a second in each minute, by quantile, as foreseen 15 minutes before."""

    scenario: Scenario
    policy: Policy
    seed: int
    regions: tuple[str, ...]
    quotas: Floats
    recorder: Recorder
    forecast: dict[float, Floats]
    timeline: tuple[Entry, ...]
    cost: int
    total_instances: int
    micros_per_instance_hour: tuple[int, ...]


class Simulation:
    """One run. Nothing in it is random but what the seed says."""

    def __init__(self, scenario: Scenario, policy: Policy, setting: Setting, seed: int) -> None:
        self._scenario, self._policy, self._setting, self._seed = scenario, policy, setting, seed
        course = Course.of(scenario, setting.topology)
        self._regions = course.regions
        count = len(self._regions)
        self._minutes = BEFORE_MIN + int(scenario.duration_min)
        self._clock = SimulatedClock(scenario.starts_at - timedelta(minutes=BEFORE_MIN))
        self._fleet = SimulatedFleet(self._regions, setting.quotas, setting.rules)
        self._work = Work(scenario, setting.calibration, count, BEAT_S)
        self._latency = LatencyModel(setting.calibration)
        self._load = SimulatedLoad(self._regions, scenario.stream.bytes_per_query)
        self._deciders = Deciders(policy, setting.terms, self._fleet, self._load, self._clock)
        self._routes = Routes(self._regions, setting.topology)
        foresight = Foresight(scenario, self._regions, setting.past, self._minutes, self._deciders.tell_outlook)
        self._foresight = foresight if policy.steering.plans else None
        plans = policy.planned(setting.terms.plan) if policy.steering.plans else None
        self._chronicle = Chronicle(scenario, self._regions, plans)
        self._plan: ScalingPlan | None = None
        self._mode = ServingMode.NORMAL
        self._shown, self._down_s, self._retries = Shown(count), np.zeros(count), np.zeros(count)
        self._spent = 0
        self._entries: list[Entry] = []
        of = self._minutes * BEATS_PER_MIN
        moments = np.arange(of + 1) / BEATS_PER_MIN - BEFORE_MIN
        self._streams = course.streams(moments)
        faults = FaultPlan(scenario, self._regions, BEAT_S)
        self._troubles = [faults.at(beat, streams) for beat, streams in enumerate(self._streams[:-1], -_BEFORE_BEATS)]
        returning = np.array([troubles.returning for troubles in self._troubles])
        self._asked = requests_asked(scenario, self._streams, returning, seed, beat_s=BEAT_S)
        self._beats = Beats(of, count)
        self._per_step = max(1, -(-int(scenario.duration_min) * BEATS_PER_MIN // MOST_STEPS))
        steps = -(-int(scenario.duration_min) * BEATS_PER_MIN // self._per_step)
        self._latencies = np.zeros((steps, count, len(BOUNDS_MS)))

    def run(self) -> Simulated:
        """Play it to its end."""
        scenario, begins = self._scenario, self._scenario.starts_at
        if self._policy.budget:
            self._deciders.set_budget(scenario.budget, begins, begins + timedelta(minutes=scenario.duration_min))
        self._begin(self._streams[0])
        for minute in range(-BEFORE_MIN, int(scenario.duration_min)):
            first = (minute + BEFORE_MIN) * BEATS_PER_MIN
            self._decide(minute, slice(first, first + BEATS_PER_MIN))
            done = [self._beat(beat) for beat in range(first, first + BEATS_PER_MIN)]
            self._close(minute, slice(first, first + BEATS_PER_MIN), done)
        return Simulated(
            scenario=scenario,
            policy=self._policy,
            seed=self._seed,
            regions=self._regions,
            quotas=self._setting.quotas,
            recorder=Recorder(
                self._beats, self._latencies, first=_BEFORE_BEATS, beat_s=BEAT_S, per_step=self._per_step
            ),
            forecast=self._foreseen(),
            timeline=self._timeline(),
            cost=self._spent,
            total_instances=self._setting.terms.total_instances,
            micros_per_instance_hour=tuple(one.micros_per_instance_hour for one in self._setting.terms.regions),
        )

    def _begin(self, streams: Floats) -> None:
        """As many instances as the first load needs, all of them warm; none where it starts cold."""
        if not self._scenario.fleet.starts_cold:
            asked = streams * self._scenario.stream.queries_per_s * self._work.usual_cost()
            needed = np.ceil(asked / self._setting.calibration.requests_per_s / CPU_TARGET)
            self._fleet.ready = np.minimum(needed, self._setting.quotas)

    def _decide(self, minute: int, beats: slice) -> None:
        """What the deployed functions do at the start of a minute, and what holds until the next."""
        now = self._clock.moment = self._moment(minute)
        if self._foresight is not None and (minute + BEFORE_MIN) % EVERY_MIN == 0:
            outlooks, standing = self._foresight.look(minute + BEFORE_MIN)
            self._plan = self._deciders.plan(outlooks, now, standing=standing)
            self._chronicle.planned(self._plan, outlooks, now)
        down = self._troubles[beats.start].down
        self._deciders.each_minute([region for region, is_down in zip(self._regions, down, strict=True) if not is_down])
        self._mode = self._deciders.mode()
        self._chronicle.minute(now, self._plan, self._fleet.ready)
        self._chronicle.budget(now, self._deciders.standing(), self._mode)
        log, plan = self._beats, self._plan
        log.mode[beats], log.spent[beats] = int(self._mode), self._spent
        allowed = self._deciders.allowed_per_hour()
        log.allowed_per_hour[beats] = np.nan if allowed is None else allowed
        log.state["floor"][beats], log.state["ceiling"][beats] = self._fleet.floor, self._fleet.ceiling
        log.state["planned"][beats] = [0 if plan is None else plan.floor_at(name, now) for name in self._regions]

    def _beat(self, beat: int) -> Done:
        minute, troubles, asked = beat / BEATS_PER_MIN - BEFORE_MIN, self._troubles[beat], self._asked[beat]
        self._suffer(troubles, minute)
        wanted = asked.sum(axis=0)
        sent = self._routes.matrix * wanted[:, None]
        arriving = asked @ self._routes.matrix + self._retries / len(asked)
        ready, starting = self._fleet.ready.copy(), self._fleet.starting
        away = None if self._routes.each_its_own else np.stack([sent, self._routes.apart_ms])
        done = self._work.do(arriving, ready, self._mode, troubles, away)
        self._retries = np.minimum(done.failed.sum(axis=1), RETRIED * done.offered)
        self._work.fill_caches(ready, starting)
        self._look(minute, wanted, done, troubles)
        self._fleet.step(np.where(ready > 0, done.pressed, 0.0), done.offered, troubles.may_start)
        log = self._beats
        log.sent[beat], log.dependency_failed[beat] = sent, done.dependency_failed
        log.keep(beat, asked=wanted, offered=done.offered, busy=done.busy, hits=done.hits)
        log.keep(beat, served=done.served, shed=done.shed, errors=done.failed)
        log.keep(beat, ready=ready, starting=starting, health=self._routes.health)
        if self._work.waiting.any():
            log.keep(beat, queued=self._work.waiting.sum(axis=1))
        return done

    def _look(self, minute: float, wanted: Floats, done: Done, troubles: Troubles) -> None:
        """Routes are planned anew each beat, from what regions show."""
        shown, fleet = self._shown, self._fleet
        self._down_s = np.where(troubles.down, self._down_s + BEAT_S, 0.0)
        each = np.where(
            fleet.ready > 0,
            done.capacity_per_s / np.maximum(fleet.ready, 1.0),
            self._setting.calibration.requests_per_s,
        )
        shown.ready, shown.ceiling, shown.capacity = fleet.ready, fleet.ceiling, each * fleet.ceiling
        shown.asked = wanted / BEAT_S
        shown.p99_ms = np.where(done.served.any(axis=1), self._latency.p99_ms(done.here), np.nan)
        shown.error_share = done.failed.sum(axis=1) / np.maximum(done.offered, 1.0)
        shown.down = self._down_s >= NOTICED_AFTER_S
        for text in self._routes.look(shown, self._moment(minute)):
            self._tell(minute, "routing", text)

    def _suffer(self, troubles: Troubles, minute: float) -> None:
        if troubles.quiet:
            return
        if troubles.lost.any():
            self._fleet.lose(troubles.lost)
        if troubles.cold_caches:
            self._work.empty_caches()
        for word, faults in (("begins", troubles.begin), ("ends", troubles.end)):
            for fault in faults:
                self._tell(minute, "fault", f"{word}: {told(fault)}")

    def _close(self, minute: int, beats: slice, done: Sequence[Done]) -> None:
        """What the minute came to: its load, as scaling and the bill see it, and how long answers took."""
        p99_ms = self._count_latencies(beats, done)
        totals = MinuteTotals.of(self._beats, beats, BEAT_S)
        made = self._load.close(self._moment(minute), totals, p99_ms)
        if self._foresight is not None:
            self._foresight.count(minute + BEFORE_MIN, totals.requests)
        if minute >= 0:
            self._spent += cost_of_minutes(made, self._setting.terms.shape, LIST_PRICES)

    def _count_latencies(self, beats: slice, done: Sequence[Done]) -> Floats:
        """Counts as clients see them are kept; the 99th percentile is that which regions measure."""
        answered = self._beats.by_tier["served"][beats].sum(axis=2)
        foreign = np.array([one.foreign for one in done])
        here = Conditions.joined([one.here for one in done])
        self._beats.mean_ms[beats] = self._latency.mean_ms(here).reshape(answered.shape)
        own = self._latency.counts(here, answered.ravel()).reshape(*answered.shape, -1)
        first = beats.start - _BEFORE_BEATS
        if first >= 0:
            seen = own * (1 - foreign)[:, :, None]
            if (answered * foreign > _NOBODY).any():
                there = Conditions.joined([one.there for one in done])
                seen += self._latency.counts(there, (answered * foreign).ravel()).reshape(seen.shape)
            for number, counts in enumerate(seen, first):
                self._latencies[number // self._per_step] += counts
        return quantile_ms(own.sum(axis=0), 0.99)

    def _foreseen(self) -> dict[float, Floats]:
        if self._foresight is None:
            return {}
        seen = self._foresight.seen_ahead
        return {quantile: values[BEFORE_MIN : self._minutes].sum(axis=1) / 60 for quantile, values in seen.items()}

    def _moment(self, minute: float) -> datetime:
        return self._scenario.starts_at + timedelta(minutes=minute)

    def _tell(self, minute: float, kind: EntryKind, text: str) -> None:
        if minute >= 0:
            region = text.partition(":")[0]
            named = region if region in self._regions else ""
            self._entries.append(Entry(self._moment(minute).timestamp(), kind, text, named))

    def _timeline(self) -> tuple[Entry, ...]:
        """By time; at the same time what was announced and planned stands before what was done about it."""
        entries = [*self._chronicle.entries, *self._entries, *self._told_by_functions()]
        return tuple(sorted(entries, key=lambda entry: entry.at_s))

    def _told_by_functions(self) -> list[Entry]:
        """What the deployed functions wrote to their timeline; of plans the chronicle says which matter."""
        return [
            Entry(one.at.timestamp(), _TOLD[one.kind.value], one.text, str(one.fields.get("region", "")))
            for one in self._deciders.told_since(self._scenario.starts_at)
            if one.kind.value in _TOLD
        ]
