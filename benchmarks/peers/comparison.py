"""One data set through all systems: ingest, tune, warm rounds, disk, cold starts, and the floor."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.load.headroom import Capacity, measure_capacity
from benchmarks.load.job import Task
from benchmarks.load.wrk import WrkReport, run_wrk, wrk_program
from benchmarks.measure.disk import disk_parts
from benchmarks.peers.cold_start import find_right_query, measure_cold_start
from benchmarks.peers.floor import Floor, measure_floor
from benchmarks.peers.ingest import Ingested, ingest
from benchmarks.peers.rounds import MANY, Plan, Rounds, Subject, Visit
from benchmarks.peers.system import System, restart
from benchmarks.peers.tuning import Tuned, tune
from benchmarks.vectors.vector_set import VectorSet

Note = Callable[[str], None]


@dataclass(frozen=True)
class Extent:
    """How much is done. `rows` None: the whole data set. Of the systems' efforts each `effort_step`-th is tried."""

    rows: int | None
    queries: int
    effort_step: int
    ingests: int
    plan: Plan
    cold_starts: int
    capacity_s: float


FULL = Extent(None, 1000, effort_step=1, ingests=2, plan=Plan(5, 4.0, 4.0), cold_starts=5, capacity_s=2)
QUICK = Extent(5000, 200, effort_step=3, ingests=1, plan=Plan(2, 1.2, 1.0), cold_starts=1, capacity_s=0.5)


@dataclass(frozen=True)
class SystemReport:
    """One system on one data set; lists hold one entry for each time that it was measured."""

    name: str
    version: str
    settings: dict[str, Any]
    ingested: Sequence[Ingested]
    tuned: Tuned
    visits: Sequence[Visit]
    disk_bytes: int
    disk_parts: dict[str, int]
    cold_starts_s: Sequence[float]


@dataclass(frozen=True)
class Comparison:
    """One data set. `capacity` is what the load generator can do; `wrk` has wrk's figures where that is installed."""

    vectors: dict[str, Any]
    extent: Extent
    systems: Sequence[SystemReport]
    capacity: Capacity
    wrk: dict[str, WrkReport]
    floors: Sequence[Floor]


@dataclass(frozen=True, eq=False)
class Comparing:
    """Takes the systems, with their servers stopped and their directories absent, through one data set.

    Whoever made the systems stops them, whatever happens here.
    """

    vectors: VectorSet
    extent: Extent
    systems: Sequence[System]
    note: Note

    def run(self, programs: Path) -> Comparison:
        """All measurements; `programs` is where the peers are installed."""
        ingested = self._ingest()
        tuned = {system.name: self._tune(system) for system in self.systems}
        self.note("Measuring the load generator …")
        capacity = measure_capacity(self._any_requests(), MANY, self.extent.capacity_s)
        visits = self._visit(capacity)
        wrk = self._check_with_wrk()
        parts = {system.name: disk_parts(system.directory) for system in self.systems}
        cold_starts_s = self._start_cold()
        self.note("hnswlib and Annoy in process …")
        floors = measure_floor(self.vectors, programs)
        reports = [
            SystemReport(
                name=system.name,
                version=system.version,
                settings=system.settings(),
                ingested=ingested[system.name],
                tuned=tuned[system.name],
                visits=[visit for visit in visits if visit.system == system.name],
                disk_bytes=sum(parts[system.name].values()),
                disk_parts=parts[system.name],
                cold_starts_s=cold_starts_s[system.name],
            )
            for system in self.systems
        ]
        return Comparison(self.vectors.to_document(), self.extent, reports, capacity, wrk, floors)

    def _any_requests(self) -> list[bytes]:
        return self.systems[0].query_requests(self.vectors.queries)

    def _in_turns(self, number: int) -> Sequence[System]:
        return self.systems if number % 2 == 0 else self.systems[::-1]

    def _ingest(self) -> dict[str, list[Ingested]]:
        """Fill every system as often as the extent says, each time from nothing; the last filling stays."""
        done: dict[str, list[Ingested]] = {system.name: [] for system in self.systems}
        for number in range(self.extent.ingests):
            for system in self._in_turns(number):
                self.note(f"{system.name}: ingesting {len(self.vectors.vectors):,} vectors …")
                system.empty()
                restart(system)
                done[system.name].append(ingest(system, self.vectors))
        return done

    def _tune(self, system: System) -> Tuned:
        self.note(f"{system.name}: finding its least effort …")
        tuned = tune(system, self.vectors, self.extent.effort_step)
        restart(system)  # so that what ingest and tuning left in memory is not counted
        return tuned

    def _visit(self, capacity: Capacity) -> list[Visit]:
        visits = []
        subjects = [Subject(system, self.vectors) for system in self.systems]
        for visit in Rounds(self.extent.plan, capacity).run(subjects):
            visits.append(visit)
            self.note(
                f"Round {visit.round + 1} of {self.extent.plan.rounds}, {visit.system}: "
                f"p50 {visit.single.p50_ms:.2f} ms, {visit.queries_per_s:,.0f} queries/s at {MANY} connections"
            )
        return visits

    def _check_with_wrk(self) -> dict[str, WrkReport]:
        program = wrk_program()
        if program is None:
            return {}
        self.note("The same load from wrk …")
        requests = {system: system.query_requests(self.vectors.queries) for system in self.systems}
        return {
            system.name: run_wrk(program, Task(system.port, MANY, self.extent.plan.many_s, 1.0), encoded)
            for system, encoded in requests.items()
        }

    def _start_cold(self) -> dict[str, list[float]]:
        """One server at a time, so that each has the machine for its start."""
        queries = {system.name: find_right_query(system, self.vectors) for system in self.systems}
        for system in self.systems:
            system.process.stop()
        taken_s: dict[str, list[float]] = {system.name: [] for system in self.systems}
        for number in range(self.extent.cold_starts):
            for system in self._in_turns(number):
                taken_s[system.name].append(measure_cold_start(system, self.vectors, queries[system.name]))
                system.process.stop()
                self.note(f"Cold start {number + 1}, {system.name}: {taken_s[system.name][-1]:.2f} s")
        return taken_s
