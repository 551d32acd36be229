"""Starting, disturbing and looking at the process tree that is soaked."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from redis import Redis
from redis.exceptions import RedisError

from swell.local.processes import child_process, stop
from swell.local.server import LOOPBACK, free_port

_ANSWERS_BYTES: Final = 4_000_000
"""The cache of answers is full before the soak begins, so that memory which grows is not its."""
_READY_WITHIN_S: Final = 120.0
_ROOT: Final = Path(__file__).parents[2]


class RedisProcess:
    """A Redis of the run's own, which can be killed and started again; it keeps nothing."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._port = free_port()
        self._running = ExitStack()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"redis://{LOOPBACK}:{self._port}/0"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self.restart()
        deadline_s = time.monotonic() + _READY_WITHIN_S
        with Redis(host=LOOPBACK, port=self._port, socket_timeout=1) as client:
            while True:
                try:
                    client.ping()
                except RedisError:
                    if time.monotonic() > deadline_s:
                        raise
                    time.sleep(0.05)
                else:
                    return

    def restart(self) -> None:
        """Start it, and wait for nothing."""
        command = ["redis-server", "--port", str(self._port), "--bind", LOOPBACK, "--save", "", "--appendonly", "no"]
        log = self._directory / "redis.log"
        self._process = self._running.enter_context(child_process(command, {}, log=log, directory=self._directory))

    def kill(self) -> None:
        """End it."""
        if self._process is not None:
            stop(self._process)

    def close(self) -> None:
        """End it for good."""
        self._running.close()


@dataclass
class SoakedSwell:
    """A running Swell. `redis` is None where there is no redis-server."""

    process: "subprocess.Popen[str]"
    url: str
    grpc: str
    regions: list[str]
    directory: Path
    redis: RedisProcess | None

    def kill(self, region: str) -> None:
        """Kill -9 a region; it comes back by itself."""
        assert self.process.stdin is not None  # noqa: S101 - a pipe
        self.process.stdin.write(f"kill {region}\n")
        self.process.stdin.flush()


@contextmanager
def soaked_swell(directory: Path) -> Iterator[SoakedSwell]:
    """Two regions, and a Redis where there is one, until the block ends."""
    with ExitStack() as stack:
        redis = None
        environment = {"SWELL_ANSWERS_MAX_BYTES": str(_ANSWERS_BYTES)}
        if shutil.which("redis-server") is not None:
            redis = RedisProcess(directory)
            stack.callback(redis.close)
            redis.start()
            environment["SWELL_REDIS_URL"] = redis.url
        process = stack.enter_context(_started(directory, environment))
        assert process.stdout is not None  # noqa: S101 - a pipe
        told = json.loads(process.stdout.readline() or "{}")
        if not told:
            raise RuntimeError((directory / "serving.log").read_text()[-2000:])
        yield SoakedSwell(process, told["url"], told["grpc"], told["regions"], directory, redis)


@contextmanager
def _started(directory: Path, environment: dict[str, str]) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-m", "benchmarks.soak.serving", str(directory / "data")]
    with (directory / "serving.log").open("w") as log:
        process = subprocess.Popen(  # noqa: S603 - our own program
            command,
            env={**os.environ, **environment},  # noqa: TID251 - a child gets what we were given
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            cwd=_ROOT,
        )
    try:
        yield process
    finally:
        assert process.stdin is not None  # noqa: S101 - a pipe
        process.stdin.close()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
