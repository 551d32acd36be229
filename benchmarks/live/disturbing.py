"""Has the faults of a live run happen to its server: regions killed and started, writes held up, Redis away."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final

from benchmarks.live.faults import FaultPlan, LiveFault
from benchmarks.live.system import LiveSystem
from benchmarks.load.watch import Happening
from benchmarks.soak.server import RedisProcess

_STORES: Final = ("state.db", "queue.db")
_LOCK_WITHIN_S: Final = 2.0


class HeldWrites:
    """While it is held nothing is written to the stores of a directory; reads go on."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._held: list[sqlite3.Connection] = []

    def hold(self) -> None:
        """Take the stores' write locks.

        Raises:
            sqlite3.OperationalError: another writer does not give one of them up.
        """
        for name in _STORES:
            connection = sqlite3.connect(self._directory / name, timeout=_LOCK_WITHIN_S, isolation_level=None)
            self._held.append(connection)
            connection.execute("BEGIN IMMEDIATE")

    def release(self) -> None:
        """Let writers go on; fine when nothing is held."""
        for connection in self._held:
            connection.close()
        self._held = []


@contextmanager
def redis_of(plan: FaultPlan, directory: Path) -> Iterator[RedisProcess | None]:
    """A Redis of the run's own where a fault takes it away, until the block ends."""
    if not plan.with_redis:
        yield None
        return
    redis = RedisProcess(directory)
    redis.start()
    try:
        yield redis
    finally:
        redis.close()


@contextmanager
def happenings(plan: FaultPlan, system: LiveSystem, redis: RedisProcess | None) -> Iterator[Sequence[Happening]]:
    """What is to be done when; what was held up is let go at the end, whatever happens."""
    writes = HeldWrites(system.directory)
    try:
        yield [one for fault in plan.played for one in _of(fault, system, writes, redis)]
    finally:
        writes.release()


def _of(one: LiveFault, system: LiveSystem, writes: HeldWrites, redis: RedisProcess | None) -> Iterator[Happening]:
    over = f"over: {one.text}"
    match one.fault.kind:
        case "region_down":
            yield Happening(one.at_s, one.text, partial(system.command, "kill", one.regions))
            yield Happening(one.ends_s, over, partial(system.command, "start", one.regions))
        case "instances_lost":  # others are started at once
            yield Happening(one.at_s, one.text, partial(system.command, "kill", one.regions))
            yield Happening(one.at_s, f"others start: {one.text}", partial(system.command, "start", one.regions))
        case "writes_refused":
            yield Happening(one.at_s, one.text, writes.hold)
            yield Happening(one.ends_s, over, writes.release)
        case "redis_away" if redis is not None:
            yield Happening(one.at_s, one.text, redis.kill)
            yield Happening(one.ends_s, over, redis.restart)
        case "disconnect":  # the load generator does it
            yield Happening(one.at_s, one.text, int)
            yield Happening(one.ends_s, over, int)
