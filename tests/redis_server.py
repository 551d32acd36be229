"""A Redis of the run's own, on loopback."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

from swell.local.processes import child_process, stop
from swell.local.server import LOOPBACK, free_port

_STARTS_WITHIN_S = 30.0


class RedisServer:
    """Starts, stops and starts again on one port, keeping nothing."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"redis://{LOOPBACK}:{self._port}/0"

    @contextmanager
    def running(self) -> Iterator["RedisServer"]:
        """Answers until the block ends, or until `kill`."""
        command = ["redis-server", "--port", str(self._port), "--bind", LOOPBACK, "--save", "", "--appendonly", "no"]
        with child_process(command, {}, log=self._directory / "redis.log", directory=self._directory) as process:
            self._process = process
            self._await_answer()
            yield self

    def kill(self) -> None:
        """End it before the block does."""
        assert self._process is not None
        stop(self._process)

    def _await_answer(self) -> None:
        deadline_s = time.monotonic() + _STARTS_WITHIN_S
        with Redis(host=LOOPBACK, port=self._port, socket_timeout=1) as client:
            while True:
                try:
                    client.ping()
                except RedisError:
                    assert time.monotonic() < deadline_s, (self._directory / "redis.log").read_text()[-500:]
                    time.sleep(0.02)
                else:
                    return


def missing() -> bool:
    """Whether this machine has none."""
    return shutil.which("redis-server") is None
