"""What the generator process is asked to do and what it reports, as files in a directory of the job's own."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import numpy as np
import orjson
from numpy.typing import NDArray

_TASK: Final = "task.json"
_REQUESTS: Final = "requests.npz"
_OUTCOME: Final = "outcome.json"
_LATENCIES: Final = "latencies.npy"
_ANSWERS: Final = "answers.npz"


@dataclass(frozen=True)
class Task:
    """Go round the requests over some connections for `seconds`; once through when None. `warm_up_s` is not counted."""

    port: int
    connections: int
    seconds: float | None
    warm_up_s: float = 0.0


@dataclass(frozen=True)
class Outcome:
    """`started_s` is on the clock that all processes share (time.monotonic). `generator_cpu_share`: of one core.

    `failures` counts answers by HTTP status.
    """

    started_s: float
    seconds: float
    generator_cpu_share: float
    failures: Mapping[str, int]


@dataclass(frozen=True, eq=False)
class Load:
    """What one run of the generator saw. `answers` holds the last good body for each request that got one."""

    outcome: Outcome
    latencies_ms: NDArray[np.float64]
    answers: Mapping[int, bytes]

    @property
    def per_s(self) -> float:
        """Answers per second, all connections together."""
        return len(self.latencies_ms) / self.outcome.seconds


def write_task(directory: Path, task: Task, requests: Sequence[bytes]) -> None:
    """Leave a job for the generator."""
    (directory / _TASK).write_bytes(orjson.dumps(asdict(task)))
    write_blobs(directory / _REQUESTS, range(len(requests)), requests)


def read_task(directory: Path) -> tuple[Task, Sequence[bytes]]:
    """The job that `write_task` left."""
    task = Task(**orjson.loads((directory / _TASK).read_bytes()))
    return task, list(read_blobs(directory / _REQUESTS).values())


def write_load(directory: Path, outcome: Outcome, latencies_ns: Sequence[int], answers: Mapping[int, bytes]) -> None:
    """Report what was seen."""
    np.save(directory / _LATENCIES, np.asarray(latencies_ns, np.int64))
    write_blobs(directory / _ANSWERS, list(answers), list(answers.values()))
    (directory / _OUTCOME).write_bytes(orjson.dumps(asdict(outcome)))


def read_load(directory: Path) -> Load:
    """The report that `write_load` left.

    Raises:
        FileNotFoundError: there is none.
    """
    outcome = Outcome(**orjson.loads((directory / _OUTCOME).read_bytes()))
    return Load(outcome, np.load(directory / _LATENCIES) / 1e6, read_blobs(directory / _ANSWERS))


def write_blobs(path: Path, keys: Sequence[int], blobs: Sequence[bytes]) -> None:
    """Keep bytes under numbers in one file, whose name ends with `.npz`."""
    ends = np.cumsum([len(blob) for blob in blobs], dtype=np.int64)
    np.savez(path, keys=np.asarray(keys, np.int64), ends=ends, bytes=np.frombuffer(b"".join(blobs), np.uint8))


def read_blobs(path: Path) -> dict[int, bytes]:
    """What `write_blobs` kept."""
    with np.load(path) as stored:
        keys, ends, joined = stored["keys"].tolist(), stored["ends"].tolist(), stored["bytes"].tobytes()
    starts = [0, *ends][: len(ends)]
    return {key: joined[start:end] for key, start, end in zip(keys, starts, ends, strict=True)}
