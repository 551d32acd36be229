"""A Redis of the run's own, on loopback."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

from benchmarks.soak.server import RedisProcess


class RedisServer(RedisProcess):
    """Starts, stops and starts again on one port, keeping nothing."""

    @contextmanager
    def running(self) -> Iterator[Self]:
        """Answers until the block ends, or until `kill`."""
        self.start()
        try:
            yield self
        finally:
            self.close()


def missing() -> bool:
    """Whether this machine has none."""
    return shutil.which("redis-server") is None
