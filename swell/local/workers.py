"""Query and ingest in several processes on one port, over one mapped cache.

The kernel spreads connections over the workers (SO_REUSEPORT). They are forked after the imports, so that
code and libraries are in memory once; each opens its own database connections and maps the same segment files.
"""

import gc
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Event
from typing import Final

from starlette.types import ASGIApp

from shared.errors import ConfigurationError, DependencyUnavailable, SwellError
from swell.local.processes import STOP_WITHIN_S, die_with_parent
from swell.local.server import LOOPBACK, LocalServer, refuse_taken, reusable_listener

_READY_WITHIN_S: Final = 30.0
_LOOK_EVERY_S: Final = 0.1
SUPPORTED: Final = sys.platform == "linux"
"""Elsewhere the kernel does not balance SO_REUSEPORT, and forking a process with frameworks loaded is unsafe."""


def default_workers() -> int:
    """One a core that we may use; none where workers are not supported."""
    return len(os.sched_getaffinity(0)) if SUPPORTED else 0


@contextmanager
def serve_in_workers(make_app: Callable[[], ASGIApp], port: int, workers: int) -> Iterator[str]:
    """Serve from `workers` forked processes until the block ends; the value is the URL.

    Call it before this process starts threads: forking a process that has threads can deadlock.

    Raises:
        ConfigurationError: the platform cannot, or the port is taken.
    """
    if not SUPPORTED:
        raise ConfigurationError("several workers need Linux; start without --workers")
    refuse_taken(port)
    reserved = reusable_listener(port, listening=False)
    port = reserved.getsockname()[1]
    gc.freeze()  # objects made so far stay out of the children's collections, and so on shared pages
    fork = get_context("fork")
    ready = [fork.Event() for _ in range(workers)]
    processes = [
        fork.Process(target=_work, args=(make_app, port, os.getpid(), listening), daemon=True) for listening in ready
    ]
    try:
        for process in processes:
            process.start()
        for listening, process in zip(ready, processes, strict=True):
            _await(listening, process)
        yield f"http://{LOOPBACK}:{port}"
    finally:
        _stop(processes)
        reserved.close()


def _await(listening: Event, process: BaseProcess) -> None:
    """Return when the worker listens.

    Raises:
        ConfigurationError: it has ended; what it said of it stands on stderr.
        DependencyUnavailable: it takes too long.
    """
    until_s = time.monotonic() + _READY_WITHIN_S
    while not listening.wait(_LOOK_EVERY_S):
        if not process.is_alive():
            raise ConfigurationError(f"worker {process.pid} ended while it started, with exit code {process.exitcode}")
        if time.monotonic() > until_s:
            raise DependencyUnavailable(f"worker {process.pid} did not come up within {_READY_WITHIN_S} s")


def _work(make_app: Callable[[], ASGIApp], port: int, parent: int, ready: Event) -> None:
    die_with_parent(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent stops us in order
    try:
        app = make_app()
    except SwellError as error:
        sys.exit(f"swell: {error}")
    listener = reusable_listener(port, listening=True)
    ready.set()  # connections wait in the backlog from here on
    LocalServer(app).run(sockets=[listener])


def _stop(processes: Sequence[BaseProcess]) -> None:
    for process in processes:
        if process.is_alive():
            process.terminate()
    for process in processes:
        if process.pid is not None:
            process.join(STOP_WITHIN_S)
            process.kill()
            process.join()
