"""A sender and its connections."""

import selectors

import numpy as np

from benchmarks.load.connection import Pool
from benchmarks.load.protocols.http1 import Http1
from benchmarks.load.sender import Schedule, Sender


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
