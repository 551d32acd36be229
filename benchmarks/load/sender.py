"""Sends requests when they are due.

One thread, its own loop: what is due is sent, what has come is read, and between them it waits on the sockets until the
next request is due, to the microsecond. An event loop's timers are a millisecond wide.
"""

import select
import selectors
import time
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.load.board import Board
from benchmarks.load.connection import Connection, Pool
from benchmarks.load.protocols.conversation import Heard
from benchmarks.load.wire import UnreadableMessage

GOOD: Final = (200, 202)
REFUSED: Final = (429, 503)
DRAIN_S: Final = 5.0
AT_ONCE: Final = 16
"""Requests sent before answers are looked at again."""
_TICK_S: Final = 0.0001
_LOOK_EVERY_S: Final = 0.1
OVERDUE_S: Final = 5.0
"""A request without an answer for so long counts as failed while a run goes on."""
_OPEN_WITHIN_S: Final = 15.0


class Schedule(NamedTuple):
    """For each request when it is due, rising; the number of its stream, and which request it is."""

    due_s: NDArray[np.float64]
    kind: NDArray[np.int64]
    which: NDArray[np.int64]


class Sender:
    """Sends requests when they are due over the pools of their streams."""

    def __init__(self, pools: Sequence[Pool], requests: Sequence[bytes], schedule: Schedule) -> None:
        self._pools = pools
        self._each_pool = list(dict.fromkeys(pools))  # several streams share one
        self._requests = [requests[each] for each in schedule.which.tolist()]
        self._due: list[float] = schedule.due_s.tolist()
        self._kind: list[int] = schedule.kind.tolist()
        count = len(self._due)
        self._next = 0
        self._ended = 0
        self.answer_s = array("d", bytes(8 * count))
        self.first_s = array("d", bytes(8 * count))
        self.sent_s = array("d", bytes(8 * count))
        self.wake_s = array("d", bytes(8 * count))
        self.status = array("h", bytes(2 * count))
        self._counts: Counter[int] = Counter()
        self._late = np.zeros(0, np.int64)
        self._looked = 0
        self._began_s = 0.0
        self._selector = selectors.DefaultSelector()
        self._to_send: dict[Connection, list[bytes]] = {}
        self._placed: list[tuple[int, float]] = []
        """Requests in what is to be sent, and when each was due."""

    def open(self) -> None:
        """Open every connection.

        Raises:
            OSError: nobody listens there.
            UnreadableMessage: the server speaks something else, or refuses.
        """
        for pool in self._each_pool:
            pool.open(self._selector)
        deadline_s = time.perf_counter() + _OPEN_WITHIN_S
        while not all(pool.is_open for pool in self._each_pool):
            if time.perf_counter() > deadline_s:
                raise TimeoutError(f"the handshake took over {_OPEN_WITHIN_S:g} s")
            self._read(0.1)
            self._flush()

    def run(self, began_s: float, look: Callable[[float], bool]) -> None:
        """Send everything at its time; `look` is called now and then, and ends it when it says so."""
        self._began_s = began_s
        self._pause(began_s - time.perf_counter())
        look_s = 0.0
        while self._goes_on():
            now_s = time.perf_counter() - began_s
            if now_s >= look_s:
                look_s = now_s + _LOOK_EVERY_S
                self._retry()
                if look(now_s):
                    break
            wait_s = self._send_due(now_s)
            self._flush()
            if (
                0 < wait_s < _TICK_S
            ):  # many are due: to be woken for each of them, and each answer, costs more than they do
                time.sleep(_TICK_S)
                wait_s = 0.0
            self._read(min(wait_s, look_s - now_s))
        self._drain(look)

    def _goes_on(self) -> bool:
        """Whether anything is still to be sent."""
        return self._next < len(self._due)

    def _now_s(self) -> float:
        return time.perf_counter() - self._began_s

    def _drain(self, look: Callable[[float], bool]) -> None:
        """Take the answers that are still coming."""
        ended, until_s = self._ended, time.perf_counter() + DRAIN_S
        while self._ended < self._next and time.perf_counter() < until_s:
            self._read(_LOOK_EVERY_S / 2)
            self._retry()
            self._flush()
            look(time.perf_counter() - self._began_s)
            if self._ended != ended:
                ended, until_s = self._ended, time.perf_counter() + DRAIN_S

    def _send_due(self, now_s: float) -> float:
        """Send what is due, but not much before answers are looked at; seconds until the next one is due."""
        due, kind, clock = self._due, self._kind, time.perf_counter
        for place in range(self._next, min(self._next + AT_ONCE, len(due))):
            due_s = due[place]
            if due_s > now_s:
                now_s = clock() - self._began_s
                if due_s > now_s:
                    return due_s - now_s
            self._next = place + 1
            self._send(place, due_s, self._pools[kind[place]])
        return 0.0

    def _send(self, place: int, due_s: float, pool: Pool) -> None:
        connection = pool.take()
        if connection is None:  # all wait for answers: the due time stands
            pool.waiting.append(place)
            return
        said = connection.conversation.ask(place, self._requests[place])
        if pool.is_multiplexed:
            self._to_send.setdefault(connection, []).append(said)
            self._placed.append((place, due_s))
            return
        sent_s = self.sent_s[place] = time.perf_counter() - self._began_s
        self.wake_s[place] = sent_s - due_s
        connection.send(said)

    def _flush(self) -> None:
        """Send what connections with many requests under way have to say, each in one piece: a call costs 10 µs."""
        for connection, pieces in self._to_send.items():
            connection.send(b"".join(pieces))
        self._to_send.clear()
        if self._placed:
            sent_s = self._now_s()
            for place, due_s in self._placed:
                self.sent_s[place] = sent_s
                self.wake_s[place] = sent_s - due_s
            self._placed.clear()

    def _read(self, wait_s: float) -> None:
        """Take what has come, after at most so long."""
        if wait_s > 0:
            self._pause(wait_s)
        for key, events in self._selector.select(0):
            connection: Connection = key.data
            if events & selectors.EVENT_WRITE:
                connection.send(b"")
            if events & selectors.EVENT_READ:
                data = connection.receive()
                if data:
                    self._hear(connection, data)
                elif data is not None:
                    self._lost(connection)

    def _pause(self, wait_s: float) -> None:
        """Wait until something comes, to the microsecond: `selectors` rounds up to milliseconds, `select` does not."""
        if wait_s > 0:
            select.select((self._selector.fileno(),), (), (), wait_s)

    def _hear(self, connection: Connection, data: bytes) -> None:
        now_s = time.perf_counter() - self._began_s
        try:
            heard, back = connection.conversation.hear(data)
        except UnreadableMessage:
            if not self._began_s:
                raise
            self._lost(connection)
            return
        if back:
            self._to_send.setdefault(connection, []).append(back)
        self._record(heard, now_s)
        connection.pool.offer(connection)
        self._send_waiting(connection.pool)

    def _record(self, heard: Sequence[Heard], now_s: float) -> None:
        for place, status, is_last in heard:
            if is_last:
                self._ended += 1
                if status:
                    self.answer_s[place] = now_s
                    self.status[place] = status
                    self._counts[status] += 1
            else:
                self.first_s[place] = now_s

    def _send_waiting(self, pool: Pool) -> None:
        """Send what was due before, as far as connections are free now."""
        while pool.waiting and (free := pool.take()) is not None:
            place = pool.waiting.popleft()
            self.sent_s[place] = time.perf_counter() - self._began_s
            self._to_send.setdefault(free, []).append(free.conversation.ask(place, self._requests[place]))

    def _retry(self) -> None:
        """Where connections were lost and nothing comes that would free one, look again."""
        for pool in self._each_pool:
            self._send_waiting(pool)

    def _lost(self, connection: Connection) -> None:
        """What was under way gets no answer."""
        if not self._began_s:
            raise ConnectionResetError("the server closed a connection before anything was sent")
        self._ended += len(connection.conversation.under_way())
        connection.pool.lose(connection)

    def tell(self, board: Board, number: int, now_s: float) -> None:
        """How many requests ended how, so far."""
        late = self._unanswered(now_s)
        good = sum(self._counts[status] for status in GOOD)
        board.tell(number, good=good, bad=self._counts.total() - good + late)

    def _unanswered(self, now_s: float) -> int:
        """How many have had no answer for so long that they count as failed."""
        status = np.frombuffer(self.status, np.int16)
        looked, self._looked = self._looked, max(self._looked, bisect_left(self._due, now_s - OVERDUE_S))
        late = np.concatenate([self._late, looked + np.flatnonzero(status[looked : self._looked] == 0)])
        self._late = late[status[late] == 0]
        return len(self._late)

    def _counted(self) -> "slice | NDArray[np.intp]":
        """The places whose turn came."""
        return slice(0, self._next)

    def seen(self) -> Mapping[str, NDArray[np.generic]]:
        """What became of each request whose turn came before all was stopped."""
        counted = self._counted()
        due_s = np.asarray(self._due)
        due_s, sent_s, status = due_s[counted], np.array(self.sent_s)[counted], np.array(self.status)[counted]
        answer_s, first_s = np.array(self.answer_s)[counted], np.array(self.first_s)[counted]
        lag_ms = np.where(sent_s > 0, sent_s - due_s, 0.0) * 1000
        return {
            "kind": np.asarray(self._kind, np.int64)[counted],
            "due_s": due_s,
            "latency_ms": np.where(answer_s > 0, answer_s - due_s, np.inf) * 1000,
            "first_ms": np.where(first_s > 0, first_s - due_s, np.inf) * 1000,
            "status": status.astype(np.int64),
            "lag_ms": lag_ms,
            "wake_ms": np.array(self.wake_s)[counted] * 1000,
        }
