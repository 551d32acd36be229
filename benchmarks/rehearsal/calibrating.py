"""One instance as it is on this machine, and how far the simulator is from it: `swell rehearse calibrate`."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from statistics import median
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.load.generator import generate_load
from benchmarks.load.job import Task
from benchmarks.load.open_loop import Stream, offer
from benchmarks.measure.machine import Machine, look_at_machine
from benchmarks.peers.cold_start import find_right_query, measure_cold_start
from benchmarks.peers.comparison import Note
from benchmarks.peers.ingest import ingest
from benchmarks.peers.run import stopped, working_directory
from benchmarks.peers.swell_system import SwellSystem
from benchmarks.peers.system import restart
from benchmarks.rehearsal.rehearse import CHECKOUT, commit_of
from benchmarks.simulator.calibration import QUANTILES, Calibration
from benchmarks.simulator.latency import Conditions, LatencyModel, counted, quantile_ms
from benchmarks.vectors.synthetic import make_clustered
from benchmarks.vectors.vector_set import Rows

Floats = NDArray[np.float64]

FITTED_AT: Final = (0.45, 0.65)
CHECKED_AT: Final = (0.3, 0.55, 0.7)
WITHIN: Final = 0.15
_UNLOADED: Final = 0.15
"""Below this a process sleeps so deeply between requests that waking it up takes longer than they do."""
_VARIABILITIES: Final = np.linspace(0.0, 6.0, 121)
_FILTERED_COST: Final = 1.3
_CONNECTIONS: Final = 64


@dataclass(frozen=True)
class Extent:
    """How much is measured: vectors, their dimension, and seconds at each load."""

    rows: int = 20_000
    dimension: int = 128
    seconds: float = 6.0
    repeats: int = 3


@dataclass(frozen=True)
class Check:
    """One load, live and simulated, p50 and p99 in milliseconds."""

    load: float
    requests_per_s: float
    live_p50_ms: float
    live_p99_ms: float
    simulated_p50_ms: float
    simulated_p99_ms: float

    @property
    def error_p50(self) -> float:
        """Simulated over live, less one."""
        return self.simulated_p50_ms / self.live_p50_ms - 1

    @property
    def error_p99(self) -> float:
        """The same of the 99th percentile."""
        return self.simulated_p99_ms / self.live_p99_ms - 1

    @property
    def met(self) -> bool:
        """Whether both are within 15 %."""
        return max(abs(self.error_p50), abs(self.error_p99)) <= WITHIN


@dataclass(frozen=True)
class Calibrated:
    """What was measured, and the checks at loads that nothing was fitted on; `others` is what else used the machine."""

    calibration: Calibration
    checks: tuple[Check, ...]
    others: float | None


def calibrate(extent: Extent, note: Note) -> Calibrated:
    """Measure, fit, check.

    Raises:
        ServerFailed, GeneratorFailed: the server or a load generator failed.
    """
    vectors = make_clustered(extent.rows, 500, extent.dimension)
    machine = look_at_machine()
    with ExitStack() as stack:
        system = SwellSystem(stack.enter_context(working_directory()) / "swell", 1)
        stack.enter_context(stopped([system]))
        note(f"Filling a server with {extent.rows:,} vectors …")
        restart(system)
        ingest(system, vectors)
        restart(system)
        requests = system.query_requests(vectors.queries)
        note("Its peak …")
        peak = _peak(system.port, requests, extent)
        live = _Live(system.port, requests, peak, extent)
        note(f"{peak:,.0f} searches a second; the same at {_UNLOADED:.0%} of that …")
        unloaded = live.at(_UNLOADED)
        fitted_on = []
        for load in FITTED_AT:
            note(f"at {load:.0%}, to fit the wait …")
            fitted_on.append((load, live.at(load)))
        checked = []
        for load in CHECKED_AT:
            note(f"at {load:.0%}, to check …")
            checked.append((load, live.at(load)))
        note("The cost of a write, of an answer from the cache, and a cold start …")
        write_cost = peak / _peak(system.port, system.write_requests(vectors, range(64))[:1], extent) / 64
        cold_s = measure_cold_start(system, vectors, find_right_query(system, vectors))
        hit_cost = peak / _peak_from_cache(system, vectors.queries[:50], extent)
    measured = Calibration(
        requests_per_s=round(peak, 1),
        answer_ms=tuple(round(float(np.quantile(unloaded, quantile)), 4) for quantile in QUANTILES),
        wait_variability=1.0,
        hit_cost=round(hit_cost, 3),
        write_cost=round(max(write_cost, 0.05), 3),
        filtered_cost=_FILTERED_COST,
        cold_start_s=round(cold_s, 2),
        measured_on=f"{machine.processor}, 1 worker, {extent.rows:,} x {extent.dimension} vectors{_busy(machine)}",
        measured_at=datetime.now(UTC).isoformat(timespec="seconds"),
        commit=commit_of(CHECKOUT),
    )
    calibration = _fitted(measured, fitted_on)
    return Calibrated(
        calibration, tuple(_check(calibration, load, seen) for load, seen in checked), machine.others_before
    )


class _Live:
    """Requests that arrive by chance at a share of the peak, each timed from when it was due."""

    def __init__(self, port: int, requests: Sequence[bytes], peak: float, extent: Extent) -> None:
        self._port, self._requests, self._peak, self._extent = port, requests, peak, extent
        self._random = np.random.default_rng(7)

    def at(self, load: float) -> Floats:
        """Latencies in milliseconds."""
        per_s, seconds = self._peak * load, self._extent.seconds
        due_s = np.cumsum(self._random.exponential(1 / per_s, max(50, round(per_s * seconds))))
        of = len(self._requests)
        streams = [Stream(str(at), request, due_s[at::of]) for at, request in enumerate(self._requests)]
        seen, _ = offer(self._port, streams, connections=_CONNECTIONS)
        latencies: Floats = np.concatenate([one.latency_ms[one.good] for one in seen.values()])
        return latencies


def _check(calibration: Calibration, load: float, seen: Floats) -> Check:
    p50, p99 = simulated_ms(calibration, load)
    live_p50, live_p99 = (float(np.percentile(seen, percent)) for percent in (50, 99))
    return Check(load, load * calibration.requests_per_s, live_p50, live_p99, p50, p99)


def simulated_ms(calibration: Calibration, load: float) -> tuple[float, float]:
    """p50 and p99 of the simulator for one instance at a share of its peak."""
    one = np.ones(1)
    conditions = Conditions(one * load, one, one * 0, one, one * 0)
    counts = counted(LatencyModel(calibration).below(conditions), one)
    return float(quantile_ms(counts, 0.5)[0]), float(quantile_ms(counts, 0.99)[0])


def _busy(machine: Machine) -> str:
    """What a reader must know who has not been there."""
    return "" if machine.others_before is None else f", others used {machine.others_before:.0%} of the processors"


def _fitted(measured: Calibration, seen: Sequence[tuple[float, Floats]]) -> Calibration:
    """With the variability whose p50 and p99 come nearest to those that were seen, in ratio."""
    candidates = [replace(measured, wait_variability=round(float(value), 3)) for value in _VARIABILITIES]
    return min(candidates, key=lambda one: sum(_misfit(_check(one, load, live)) for load, live in seen))


def _misfit(check: Check) -> float:
    return float(np.log1p(check.error_p50) ** 2 + np.log1p(check.error_p99) ** 2)


def _peak(port: int, requests: Sequence[bytes], extent: Extent) -> float:
    runs = [
        generate_load(Task(port, 4, extent.seconds / 4, warm_up_s=extent.seconds / 8), requests).per_s
        for _ in range(extent.repeats)
    ]
    return median(runs)


def _peak_from_cache(filled: SwellSystem, queries: Rows, extent: Extent) -> float:
    """The peak of the same server where answers are kept, and asked for again and again."""
    filled.process.stop()
    keeping = SwellSystem(filled.directory, 1, environment={"SWELL_ANSWERS_MAX_BYTES": "64000000"})
    with stopped([keeping]):
        restart(keeping)
        return _peak(keeping.port, keeping.query_requests(queries), extent)
