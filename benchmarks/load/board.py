"""What the processes of a generator and the one that started them tell each other while they run: a mapped file."""

from pathlib import Path
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

FILE: Final = "board"
_BEGIN_AT_S, _STOP, _COMMON = 0, 1, 2
_READY, _GOOD, _BAD, _EACH = 0, 1, 2, 3


class Board:
    """Numbers of eight bytes, which are written at once: nobody waits for anybody."""

    def __init__(self, numbers: NDArray[np.float64]) -> None:
        self._numbers = numbers

    @classmethod
    def make(cls, directory: Path, processes: int) -> Self:
        """A new one."""
        shape = (_COMMON + _EACH * processes,)
        return cls(np.memmap(directory / FILE, np.float64, "w+", shape=shape))

    @classmethod
    def open(cls, directory: Path) -> Self:
        """The one that is there."""
        return cls(np.memmap(directory / FILE, np.float64, "r+"))

    @property
    def begin_at_s(self) -> float:
        """When all begin, by time.perf_counter; 0 as long as somebody is not ready."""
        return float(self._numbers[_BEGIN_AT_S])

    @begin_at_s.setter
    def begin_at_s(self, moment_s: float) -> None:
        self._numbers[_BEGIN_AT_S] = moment_s

    @property
    def is_stopped(self) -> bool:
        """Whether nothing is to be sent any more."""
        return bool(self._numbers[_STOP])

    def stop(self) -> None:
        """Have all send nothing more."""
        self._numbers[_STOP] = 1

    def ready(self, process: int) -> None:
        """A process can begin."""
        self._numbers[_COMMON + _EACH * process + _READY] = 1

    @property
    def all_are_ready(self) -> bool:
        """Whether every process can begin."""
        return bool(self._numbers[_COMMON + _READY :: _EACH].all())

    def tell(self, process: int, *, good: int, bad: int) -> None:
        """How many requests of a process ended well, and how many did not, so far."""
        at = _COMMON + _EACH * process
        self._numbers[at + _GOOD : at + _EACH] = good, bad

    def ended(self) -> tuple[int, int]:
        """Requests of all processes that ended, and those of them that failed or were refused."""
        good, bad = (int(self._numbers[_COMMON + what :: _EACH].sum()) for what in (_GOOD, _BAD))
        return good + bad, bad
