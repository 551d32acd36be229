"""An orderly end within the 10 s that Cloud Run gives after SIGTERM.

From the signal on the instance is not ready and refuses new work. What is under way is finished; what would take too
long is answered with 503, so that its client asks elsewhere rather than lose the connection. Then what waits in memory
is flushed, and only then the server is let go: it ends the process without running `atexit`.

functions-framework leaves nothing to configure, so the server's own handler is wrapped when the first request arrives.
Event functions need none of this: gunicorn lets running deliveries end, and one that is cut is delivered again.
"""

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final

from shared.errors import TransientError
from shared.telemetry import log

REQUESTS_WITHIN_S: Final = 6.0
"""What is not answered by then is answered with 503."""
ANSWERS_WITHIN_S: Final = 1.0
"""What those answers may take."""
FLUSH_WITHIN_S: Final = 2.0
"""What all flushing together may take; a second of the ten is left for the server."""


class ShuttingDown(TransientError):  # noqa: N818 - named as RFC 9457 problem types are
    """This instance ends; another one answers."""

    code = "shutting_down"

    def __init__(self) -> None:
        super().__init__("this instance is shutting down; ask again")

    @property
    def headers(self) -> dict[str, str]:
        """Have the client open a connection to another instance."""
        return {**super().headers, "Connection": "close"}


class Shutdown:
    """The end of one process, or of one server in it. `is_under_way` from the signal on."""

    def __init__(self) -> None:
        self.is_under_way = False
        self._listening = False
        self._requests: set[asyncio.Task[Any]] = set()
        self._cut: set[asyncio.Task[Any]] = set()
        self._first: dict[str, Callable[[], None]] = {}
        self._last: dict[str, Callable[[float], None]] = {}

    def at_start(self, name: str, hook: Callable[[], None]) -> None:
        """Call `hook` on the event loop when the end begins: to tell streams, to stop waiting for more."""
        self._first[name] = hook

    def at_end(self, name: str, hook: Callable[[float], None]) -> None:
        """Call `hook` in a thread, with the seconds it may take, when no request is left: to flush."""
        self._last[name] = hook

    @contextmanager
    def request(self) -> Iterator[None]:
        """Work that the end waits for.

        Raises:
            ShuttingDown: no new work is taken.
        """
        if self.is_under_way:
            raise ShuttingDown
        self._listen()
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - on the event loop
        self._requests.add(task)
        try:
            yield
        except asyncio.CancelledError:
            if task not in self._cut:
                raise
            task.uncancel()
            raise ShuttingDown from None
        finally:
            self._requests.discard(task)
            self._cut.discard(task)

    async def run(self) -> None:
        """Come to an end; when this returns, the server may go."""
        if self.is_under_way:
            return
        self.is_under_way = True
        log("INFO", "shutdown begins", requests=len(self._requests))
        for name, hook in self._first.items():
            _attempted(name, hook)
        await self._until_idle(REQUESTS_WITHIN_S)
        self._cut = set(self._requests)
        for task in self._cut:
            task.cancel()
        cut = len(self._cut)
        await self._until_idle(ANSWERS_WITHIN_S)
        await asyncio.to_thread(self._flush)
        log("INFO", "shutdown ends", cut=cut, left=len(self._requests))

    async def _until_idle(self, within_s: float) -> None:
        if self._requests:
            await asyncio.wait(self._requests, timeout=within_s)

    def _flush(self) -> None:
        for name, hook in self._last.items():
            _attempted(name, lambda hook=hook: hook(FLUSH_WITHIN_S / len(self._last)))  # type: ignore[misc]

    def _listen(self) -> None:
        """Come between SIGTERM and the server, where there is one that listens for it on this thread."""
        if self._listening:
            return
        self._listening = True
        server = signal.getsignal(signal.SIGTERM)
        if not callable(server) or threading.current_thread() is not threading.main_thread():
            return
        loop = asyncio.get_running_loop()

        def asked(number: int, frame: FrameType | None) -> None:
            loop.call_soon_threadsafe(lambda: loop.create_task(self._run_before(server, number, frame)))

        signal.signal(signal.SIGTERM, asked)

    async def _run_before(self, server: Callable[[int, FrameType | None], Any], number: int, frame: Any) -> None:
        try:
            await self.run()
        finally:
            server(number, frame)


def _attempted(name: str, hook: Callable[[], None]) -> None:
    """The end comes whatever a hook does."""
    try:
        hook()
    except Exception as error:  # noqa: BLE001 - as in entry points
        log("ERROR", "shutdown hook failed", hook=name, reason=type(error).__name__)


process_shutdown: Final = Shutdown()
"""The end of this process: whoever holds something that must be told or flushed registers here."""
