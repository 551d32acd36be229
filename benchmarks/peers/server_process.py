"""A server under test: a process of its own, on loopback, that ends with us."""

import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from benchmarks.load.exchange import exchange
from benchmarks.load.wire import encode_request
from benchmarks.vectors.catalog import CHECKOUT
from shared.errors import SwellError
from swell.local.processes import child_process

_START_WITHIN_S: Final = 120.0
_LOOK_EVERY_S: Final = 0.01
_AS_INSTALLED: Final = {"PYTHONDONTWRITEBYTECODE": ""}
"""Python keeps what it has compiled, as it does unless it is told not to: else every start compiles all of it anew."""


class ServerFailed(SwellError):  # noqa: N818 - named for what happened
    """A server under test did not start, or ended."""

    code = "server_failed"


class ServerProcess:
    """Starts and stops one server command."""

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], *, port: int, health: str, log: Path
    ) -> None:
        self._command = command
        self._environment = {**_AS_INSTALLED, **environment}
        self._port = port
        self._health = encode_request("GET", health, port=port)
        self._log = log
        self._running: ExitStack | None = None
        self._process: subprocess.Popen[bytes]

    @property
    def pid(self) -> int:
        """Of the process that was started; it may have children."""
        return self._process.pid

    def start(self) -> None:
        """Start the command; it may take a while until it answers."""
        running = ExitStack()
        self._process = running.enter_context(
            child_process(self._command, self._environment, log=self._log, directory=CHECKOUT)
        )
        self._running = running

    def await_healthy(self) -> None:
        """Return when the server answers.

        Raises:
            ServerFailed: it ended, or does not answer in time.
        """
        deadline_s = time.monotonic() + _START_WITHIN_S
        while time.monotonic() < deadline_s:
            self.check_running()
            try:
                if exchange(self._port, self._health)[0] == 200:
                    return
            except OSError:
                pass
            time.sleep(_LOOK_EVERY_S)
        raise ServerFailed(f"{self._command[0]} does not answer after {_START_WITHIN_S:.0f} s: {self._said()}")

    def check_running(self) -> None:
        """Raises ServerFailed when the process has ended."""
        if self._process.poll() is not None:
            raise ServerFailed(f"{self._command[0]} ended with status {self._process.returncode}: {self._said()}")

    def stop(self) -> None:
        """End it and what it started; fine when it is not running."""
        if self._running is not None:
            self._running.close()
            self._running = None

    def _said(self) -> str:
        lines = self._log.read_text(errors="replace").strip().splitlines() if self._log.exists() else []
        return " | ".join(lines[-3:]) or "it said nothing"
