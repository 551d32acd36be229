"""One instance as it is on this machine, and how far the simulator is from it: `swell rehearse calibrate`."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.load.open_loop import Offered, Stream, offer
from benchmarks.measure.machine import Machine, look_at_machine
from benchmarks.measure.staircase import staircase
from benchmarks.peers.callers import peak_per_s
from benchmarks.peers.cold_start import find_right_query, measure_cold_start
from benchmarks.peers.comparison import Note
from benchmarks.peers.ingest import ingest
from benchmarks.peers.run import stopped, working_directory
from benchmarks.peers.swell_system import SwellSystem
from benchmarks.peers.system import restart
from benchmarks.rehearsal.rehearse import CHECKOUT, commit_of
from benchmarks.simulator.calibration import QUANTILES, Calibration
from benchmarks.simulator.latency import LONGEST_WAIT_MS, Conditions, LatencyModel, crowding, quantile_ms
from benchmarks.vectors.synthetic import make_clustered
from benchmarks.vectors.vector_set import Rows

Floats = NDArray[np.float64]

FITTED_AT: Final = (0.15, 0.4, 0.5, 0.65)
CHECKED_AT: Final = (0.3, 0.55, 0.7)
WITHIN: Final = 0.15
_FILTERED_COST: Final = 1.3
_CONNECTIONS: Final = 64
_PEAK_S: Final = 1.5
_TRIALS: Final = 12
_TRIAL_S: Final = 3.0
"""A queue that cannot stand takes a while to show."""
_STANDS: Final = 0.99
"""Of the requests that come by chance so many are answered within `LONGEST_WAIT_MS` where their rate can stand."""
_TRIES: Final = 3
"""A measurement for which the load generator itself was late is made again, so often in all."""


@dataclass(frozen=True)
class Extent:
    """How much is measured: vectors, their dimension, and rounds over all loads.

    `seconds` at half load; at others as many requests, so that a percentile is as sure at each.
    """

    rows: int = 20_000
    dimension: int = 128
    seconds: float = 1.0
    rounds: int = 32


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
    """What was measured, and the checks at loads that nothing was fitted on; `others` is what else used the machine.

    `share` is what can stand of the peak of a closed loop where requests come by chance. `peaks` are those of chance,
    before each round and after the last one: how steady the machine was. `repeated` counts the
    measurements that were made again because they told nothing of the server; `invalid` has what the load generator
    says of those that were not had even so, in their order.
    """

    calibration: Calibration
    checks: tuple[Check, ...]
    others: float | None
    share: float
    peaks: tuple[float, ...]
    repeated: int
    invalid: tuple[str, ...]

    @property
    def met(self) -> bool:
        """Whether the simulator is shown to be near enough."""
        return not self.invalid and all(one.met for one in self.checks)


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
        rounds = _Rounds(system.port, requests, extent)
        rounds.play(note)
        peak = rounds.peak_per_s
        note("The cost of an answer from the cache, of a write, and a cold start …")
        cold_s = measure_cold_start(system, vectors, find_right_query(system, vectors))
        restart(system)
        now = peak_per_s(system.port, requests, _PEAK_S)  # a machine is not as fast as it was minutes ago
        hit_cost = now / _peak_from_cache(system, vectors.queries[:50])  # writes come last: they are indexed after it
        restart(system)
        write_cost = now / peak_per_s(system.port, system.write_requests(vectors, range(64))[:1], _PEAK_S) / 64
    answers, waits = fit_times({load: rounds.times_ms(load) for load in FITTED_AT})
    calibration = Calibration(
        requests_per_s=round(peak, 1),
        answer_ms=answers,
        wait_ms=waits,
        hit_cost=round(hit_cost, 3),
        write_cost=round(max(write_cost, 0.05), 3),
        filtered_cost=_FILTERED_COST,
        cold_start_s=round(cold_s, 2),
        measured_on=f"{machine.processor}, 1 worker, {extent.rows:,} x {extent.dimension} vectors{_busy(machine)}",
        measured_at=datetime.now(UTC).isoformat(timespec="seconds"),
        commit=commit_of(CHECKOUT),
    )
    checks = tuple(_check(calibration, load, rounds.times_ms(load)) for load in CHECKED_AT)
    peaks = tuple(round(one, 1) for one in rounds.peaks)
    return Calibrated(
        calibration, checks, machine.others_before, rounds.share, peaks, rounds.repeated, tuple(rounds.invalid)
    )


class _Rounds:
    """Every load in turn, again and again: what else the machine does falls on all of them alike."""

    def __init__(self, port: int, requests: Sequence[bytes], extent: Extent) -> None:
        self._port, self._requests, self._extent = port, requests, extent
        self._random = np.random.default_rng(7)
        self._seen: dict[float, list[Floats]] = {load: [] for load in (*FITTED_AT, *CHECKED_AT)}
        self.share = 1.0
        self.peaks: list[float] = []
        self.repeated = 0
        self.invalid: list[str] = []

    @property
    def peak_per_s(self) -> float:
        """Searches a second at most, as half of the measurements had it."""
        return median(self.peaks)

    def play(self, note: Note) -> None:
        """Measure all of it."""
        note(f"What can stand of the peak where requests come by chance, in {_TRIALS} trials …")
        self.share = staircase(self._stands, begin=0.8, step=0.04, most=1.0, trials=_TRIALS)
        self.peaks.append(self._peak(self.share))
        for number in range(self._extent.rounds):
            note(f"Round {number + 1} of {self._extent.rounds}: its peak is {self.peaks[-1]:,.0f} searches a second …")
            gaps = self._gaps(self.peaks[-1] / 2 * self._extent.seconds)
            for load in self._random.permutation(list(self._seen)).tolist():
                offered, why_invalid = self._offered(self.peaks[-1] * load, gaps)
                if why_invalid is not None:
                    self.invalid.append(why_invalid)
                self._seen[load].append(np.quantile(offered.latency_ms[offered.good], QUANTILES))
            self.peaks.append(self._peak(self.share))

    def _peak(self, share: float) -> float:
        """A share of what callers get who wait for their answers: they never ask more at once than they are."""
        return share * peak_per_s(self._port, self._requests, _PEAK_S, tries=1)

    def _stands(self, share: float) -> bool:
        """Whether so much of what callers get who wait for their answers can come by chance, unasked."""
        peak = self._peak(share)
        offered, why_invalid = self._offered(peak, self._gaps(peak * _TRIAL_S))
        in_time = offered.good & (offered.latency_ms <= LONGEST_WAIT_MS)
        return why_invalid is None and bool(in_time.mean() >= _STANDS)

    def _gaps(self, requests: float) -> Floats:
        return self._random.exponential(1.0, max(50, round(requests)))

    def times_ms(self, load: float) -> Floats:
        """`QUANTILES` at a load, each the mean (of logs) of the middle half of the rounds.

        In some rounds a shared machine is slow for a second; and this is surer than what the middle round alone had.
        """
        logs = np.sort(np.log(self._seen[load]), axis=0)
        left_out = len(logs) // 4
        middle: Floats = np.exp(logs[left_out : len(logs) - left_out].mean(axis=0))
        return middle

    def _offered(self, per_s: float, gaps: Floats) -> tuple[Offered, str | None]:
        """Requests that arrive by chance, each timed from when it was due; and why that says nothing, if so.

        `gaps` between them, in multiples of their mean, are those of the whole round: no load has worse luck.
        """
        stream = Stream.in_turns("all", self._requests, np.cumsum(gaps) / per_s)
        seen, sent = offer(self._port, [stream], connections=_CONNECTIONS)
        for _ in range(_TRIES - 1):
            if sent.invalid is None:
                break
            self.repeated += 1
            seen, sent = offer(self._port, [stream], connections=_CONNECTIONS)
        return seen["all"], sent.invalid


def fit_times(seen: Mapping[float, Floats]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Times without load and what half load adds to them, at `QUANTILES`, from times seen at some loads.

    Each quantile is a straight line over `crowding`, the nearest in ratio to what was seen; neither falls from one
    quantile to the next.
    """
    crowds = crowding(np.array(list(seen)))
    lines = [_line(crowds, column) for column in np.array(list(seen.values())).T]
    answers, waits = (np.maximum.accumulate(values).round(4).tolist() for values in np.array(lines).T)
    return tuple(answers), tuple(waits)


def _line(crowds: Floats, times: Floats) -> tuple[float, float]:
    rows = np.stack([np.ones_like(crowds), crowds], axis=1) / times[:, None]
    start, slope = np.linalg.lstsq(rows, np.ones(len(times)), rcond=None)[0].tolist()
    if slope < 0:
        return float(1 / np.mean(1 / times)), 0.0
    return max(start, 0.0), slope


def _check(calibration: Calibration, load: float, seen: Floats) -> Check:
    p50, p99 = simulated_ms(calibration, load)
    live_p50, live_p99 = (float(seen[QUANTILES.index(quantile)]) for quantile in (0.5, 0.99))
    return Check(load, load * calibration.requests_per_s, live_p50, live_p99, p50, p99)


def simulated_ms(calibration: Calibration, load: float) -> tuple[float, float]:
    """p50 and p99 of the simulator for one instance at a share of its peak."""
    one = np.ones(1)
    counts = LatencyModel(calibration).counts(Conditions(one * load, one, one * 0, one, one * 0), one)
    return float(quantile_ms(counts, 0.5)[0]), float(quantile_ms(counts, 0.99)[0])


def _busy(machine: Machine) -> str:
    """What a reader must know who has not been there."""
    return "" if machine.others_before is None else f", others used {machine.others_before:.0%} of the processors"


def _peak_from_cache(filled: SwellSystem, queries: Rows) -> float:
    """The peak of the same server where answers are kept, and asked for again and again."""
    filled.process.stop()
    keeping = SwellSystem(filled.directory, 1, environment={"SWELL_ANSWERS_MAX_BYTES": "64000000"})
    with stopped([keeping]):
        restart(keeping)
        return peak_per_s(keeping.port, keeping.query_requests(queries), _PEAK_S)
