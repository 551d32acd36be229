"""A sender and its connections."""

import selectors
import socket
import time
from contextlib import closing
from typing import cast

import numpy as np

from benchmarks.load.connection import Connection, Pool
from benchmarks.load.protocols.http1 import Http1
from benchmarks.load.sender import AT_ONCE, Schedule, Sender


class CountingPool(Pool):
    """Opens nothing, and counts how often it should have."""

    times = 0

    def open(self, selector: selectors.BaseSelector) -> None:
        """Once more."""
        self.times += 1
        self._opened = self._at_first


def test_streams_that_share_a_pool_open_its_connections_once() -> None:
    """Hundreds of streams of one protocol are one crowd: else the server has to close most of what they open."""
    nothing = np.zeros(0, np.int64)
    shared, own = (CountingPool(1, 16, Http1, multiplexed=False) for _ in range(2))

    Sender([shared, own, shared, shared], [], Schedule(np.zeros(0), nothing, nothing)).open()

    assert (shared.times, own.times) == (1, 1)


class Echo:
    """A connection with many requests under way, and what is said over it: each answer is the place of its request."""

    room = 100
    is_offered, was_open = False, True

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.conversation = self
        self.sent: list[bytes] = []
        self.here, self._there = socket.socketpair()

    def ask(self, place: int, request: bytes) -> bytes:
        """By its place."""
        return request + b"%d." % place

    def send(self, data: bytes) -> None:
        """Answer at once."""
        self.sent.append(data)
        self._there.send(data)

    def receive(self) -> bytes:
        """What was answered."""
        return self.here.recv(65_536)

    def close(self) -> None:
        """Both ends."""
        self.here.close()
        self._there.close()

    def hear(self, data: bytes) -> tuple[list[tuple[int, int, bool]], bytes]:
        """Each place, and thanks for the first."""
        heard = [(int(place), 200, True) for place in data.split(b".") if place]
        return heard, b"0." if len(self.sent) == 1 else b""


class OneConnection(Pool):
    """It is there."""

    def __init__(self) -> None:
        super().__init__(1, 64, Http1, multiplexed=True)
        self.one = Echo(self)

    def open(self, selector: selectors.BaseSelector) -> None:
        """Have it watched."""
        selector.register(self.one.here, selectors.EVENT_READ, self.one)
        self._opened = self._at_first

    def take(self) -> Connection | None:
        """Always the same."""
        return cast("Connection", self.one)


def test_what_is_due_together_goes_over_a_shared_connection_in_one_piece() -> None:
    """Every request counts as sent once it is handed to the kernel; what is answered to a server goes along."""
    pool, count = OneConnection(), 20
    schedule = Schedule(np.zeros(count), np.zeros(count, np.int64), np.zeros(count, np.int64))
    sender = Sender([pool], [b""], schedule)

    with closing(pool.one):
        sender.open()
        sender.run(time.perf_counter(), lambda _: False)

    seen = sender.seen()
    assert [len(piece.split(b".")) - 1 for piece in pool.one.sent] == [AT_ONCE, 1 + count - AT_ONCE]
    assert seen["status"].tolist() == [200] * count
    assert 0 < seen["lag_ms"].min() <= seen["latency_ms"].max()
    assert np.array_equal(seen["lag_ms"], seen["wake_ms"])
