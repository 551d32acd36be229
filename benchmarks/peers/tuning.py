"""Sets a system to the least effort that reaches the recall that is compared at."""

from dataclasses import dataclass
from typing import Final

from benchmarks.load.generator import generate_load
from benchmarks.load.job import Task
from benchmarks.measure.least_effort import RECALL_FLOOR, least_effort
from benchmarks.peers.system import System
from benchmarks.vectors.vector_set import VectorSet

_CONNECTIONS: Final = 4


@dataclass(frozen=True)
class Tuned:
    """`recall` was measured at `effort`; `reached` says whether that is enough. `tried` maps effort to recall."""

    effort: float
    recall: float
    reached: bool
    tried: dict[str, float]


def tune(system: System, vectors: VectorSet, step: int = 1) -> Tuned:
    """Leave a system at its least effort with that recall, or at its greatest where none has it.

    Each `step`-th effort is tried: with more than 1 the least one may be missed, by one or two.
    """

    def recall_at(effort: float) -> float:
        system.use_effort(effort)
        return measure_recall(system, vectors)

    effort, tried = least_effort([*system.efforts[:-1:step], system.efforts[-1]], recall_at)
    if system.effort != effort:
        system.use_effort(effort)
    recall = tried[effort]
    return Tuned(effort, recall, recall >= RECALL_FLOOR, {f"{tested:g}": tried[tested] for tested in sorted(tried)})


def measure_recall(system: System, vectors: VectorSet) -> float:
    """Ask every query once, and count."""
    load = generate_load(Task(system.port, _CONNECTIONS, seconds=None), system.query_requests(vectors.queries))
    return vectors.recall({query: system.read_ids(answer) for query, answer in load.answers.items()})
