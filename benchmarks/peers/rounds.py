"""Warm latency, throughput and memory, with the systems measured in turns.

Whatever else the machine does in one round slows both systems, so that ratios within rounds mean something on a
machine that is not quiet. All servers run all the time; only one is asked.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from benchmarks.load.generator import generate_load
from benchmarks.load.headroom import Capacity
from benchmarks.load.job import Load, Task
from benchmarks.measure.latency import Latency
from benchmarks.measure.others import OthersWatch
from benchmarks.measure.process_tree import Memory, cpu_seconds, resident_memory
from benchmarks.peers.system import System
from benchmarks.vectors.vector_set import VectorSet

MANY: Final = 16
"""Connections under load."""
_WARM_UP_S: Final = 0.5


@dataclass(frozen=True)
class Plan:
    """How many rounds, and the seconds at one connection and at 16 in each."""

    rounds: int
    single_s: float
    many_s: float


@dataclass(frozen=True)
class Visit:
    """One system in one round. `server_cpu_ms` is the processor time of all its processes for one query, at 16.

    `others_share` is how much of the machine other programs used meanwhile. `invalid` says why the figures are the
    generator's and not the system's.
    """

    system: str
    round: int
    single: Latency
    many: Latency
    queries_per_s: float
    recall: float
    memory: Memory | None
    server_cpu_ms: float | None
    generator_cpu_share: float
    others_share: float | None
    failures: int
    invalid: str | None

    @property
    def memory_bytes(self) -> int | None:
        """All of the memory."""
        return None if self.memory is None else self.memory.bytes

    @property
    def file_bytes(self) -> int | None:
        """The pages of files in it."""
        return None if self.memory is None else self.memory.file_bytes


@dataclass(frozen=True, eq=False)
class Subject:
    """A running system and the vectors that it holds."""

    system: System
    vectors: VectorSet


@dataclass(frozen=True)
class Rounds:
    """Visits every subject once a round; each second round goes the other way, so that none is always the first."""

    plan: Plan
    capacity: Capacity

    def run(self, subjects: Sequence[Subject]) -> Iterator[Visit]:
        """All rounds, on running servers."""
        prepared = [(subject, subject.system.query_requests(subject.vectors.queries)) for subject in subjects]
        for number in range(self.plan.rounds):
            for subject, requests in prepared if number % 2 == 0 else reversed(prepared):
                yield self._visit(subject, requests, number)

    def _visit(self, subject: Subject, requests: Sequence[bytes], number: int) -> Visit:
        system, others = subject.system, OthersWatch()
        single = generate_load(Task(system.port, 1, self.plan.single_s, _WARM_UP_S), requests)
        busy_s = cpu_seconds(system.process.pid)
        many = generate_load(Task(system.port, MANY, self.plan.many_s, _WARM_UP_S), requests)
        return Visit(
            system=system.name,
            round=number,
            single=Latency.of(single.latencies_ms),
            many=Latency.of(many.latencies_ms),
            queries_per_s=many.per_s,
            recall=_recall(subject, single, many),
            memory=resident_memory(system.process.pid),
            server_cpu_ms=_cpu_ms(system, busy_s, many),
            generator_cpu_share=many.outcome.generator_cpu_share,
            others_share=others.share(),
            failures=sum(sum(load.outcome.failures.values()) for load in (single, many)),
            invalid=self.capacity.why_invalid(many),
        )


def _recall(subject: Subject, *loads: Load) -> float:
    answers = {query: answer for load in loads for query, answer in load.answers.items()}
    found = {query: subject.system.read_ids(answer) for query, answer in answers.items()}
    return subject.vectors.recall(found)


def _cpu_ms(system: System, before_s: float | None, load: Load) -> float | None:
    """Per query of the load, whose warm-up took processor time as well, at the same rate."""
    after_s = cpu_seconds(system.process.pid)
    if before_s is None or after_s is None:
        return None
    counted = load.outcome.seconds / (load.outcome.seconds + _WARM_UP_S)
    return (after_s - before_s) * 1000 * counted / len(load.latencies_ms)
