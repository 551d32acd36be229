"""What one instance does, as measured on a machine: `swell rehearse calibrate` writes the file."""

from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import orjson
from numpy.typing import NDArray

Floats = NDArray[np.float64]

FILE: Final = Path(__file__).with_name("calibration.json")
QUANTILES: Final = (0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999)
"""Where the distribution of answers without load is kept."""


@dataclass(frozen=True)
class Calibration:
    """One instance.

    `requests_per_s`: searches that it answers at most. `answer_ms`: how long a search takes without load, at
    `QUANTILES`. `wait_ms`: what half load adds to each of these; other loads add busy / (1 - busy) times as much.
    `hit_cost`, `write_cost`, `filtered_cost`: of an answer from a cache, a write and a filtered search,
    in searches. `cold_start_s`: from the start of a process to its first answer with the index loaded.
    """

    requests_per_s: float
    answer_ms: tuple[float, ...]
    wait_ms: tuple[float, ...]
    hit_cost: float
    write_cost: float
    filtered_cost: float
    cold_start_s: float
    measured_on: str
    measured_at: str
    commit: str

    @property
    def busy_ms(self) -> float:
        """How long one search keeps an instance busy."""
        return 1000 / self.requests_per_s

    def at(self, requests_per_s: float) -> "Calibration":
        """The same instance on a processor on which it answers so many: all its times change alike."""
        factor = self.requests_per_s / requests_per_s
        answers, waits = (tuple(value * factor for value in times) for times in (self.answer_ms, self.wait_ms))
        return replace(self, requests_per_s=requests_per_s, answer_ms=answers, wait_ms=waits)

    def describe(self) -> str:
        """Where it comes from, in one line."""
        return f"{self.measured_on}, {self.measured_at[:10]}, commit {self.commit}"


@cache
def load_calibration(path: Path = FILE) -> Calibration:
    """The calibration in a file."""
    document: dict[str, Any] = orjson.loads(path.read_bytes())
    times = {name: tuple(document[name]) for name in ("answer_ms", "wait_ms")}
    return Calibration(**{**document, **times})


def keep_calibration(calibration: Calibration, path: Path = FILE) -> None:
    """Write a calibration to a file."""
    path.write_bytes(orjson.dumps(asdict(calibration), option=orjson.OPT_INDENT_2) + b"\n")
    load_calibration.cache_clear()
