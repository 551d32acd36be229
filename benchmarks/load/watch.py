"""Looks at the processes of a generator while they run: whether they are to stop, and what is to happen meanwhile."""

import subprocess
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from benchmarks.load.board import Board

_LOOK_EVERY_S: Final = 0.1
_FEW: Final = 10


@dataclass(frozen=True)
class Happening:
    """Something that is done to the server at a moment, in words too."""

    at_s: float
    text: str
    do: Callable[[], object]


@dataclass(frozen=True)
class StopRule:
    """Stop when at least `failed_share` of the requests that ended within the last `for_s` seconds ended badly."""

    failed_share: float
    for_s: float

    def broken(self, before: tuple[int, int], now: tuple[int, int]) -> str | None:
        """Why to stop, by requests that ended and those of them that ended badly, then and now."""
        ended, failed = now[0] - before[0], now[1] - before[1]
        if ended < _FEW or failed < ended * self.failed_share:
            return None
        return f"{failed} of {ended} requests failed within {self.for_s:g} s, allowed: under {self.failed_share:.0%}"


class Watch:
    """Looks at the processes while they run."""

    def __init__(self, within_s: float, stop: StopRule | None, happenings: Sequence[Happening]) -> None:
        self.within_s = within_s
        self.happened: list[tuple[float, Happening]] = []
        self._stop = stop
        self._to_happen = deque(sorted(happenings, key=lambda one: one.at_s))

    def until_end(self, board: Board, running: Sequence["subprocess.Popen[bytes]"]) -> str | None:
        """Wait for their end; why they are to end before it, if they are."""
        stop = self._stop
        seen: deque[tuple[float, tuple[int, int]]] = deque([(time.monotonic(), (0, 0))])
        deadline_s = time.monotonic() + self.within_s
        while time.monotonic() < deadline_s and any(process.poll() is None for process in running):
            time.sleep(_LOOK_EVERY_S)
            self._have_happen(board.begin_at_s)
            now_s, now = time.monotonic(), board.ended()
            if stop is not None and now_s - seen[0][0] >= stop.for_s:
                if (why := stop.broken(seen[0][1], now)) is not None:
                    return why
                while len(seen) > 1 and now_s - seen[1][0] >= stop.for_s:
                    seen.popleft()
            seen.append((now_s, now))
        return None

    def _have_happen(self, began_s: float) -> None:
        while self._to_happen and self._to_happen[0].at_s <= time.perf_counter() - began_s:
            one = self._to_happen.popleft()
            self.happened.append((time.perf_counter() - began_s, one))
            one.do()
