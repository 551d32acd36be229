"""Swell in one process under a profiler: `python -m benchmarks.profiling.server DIRECTORY PORT`.

`POST /profile/start` and `POST /profile/stop` are answered by the event loop's own thread, which is the one that is
profiled; stopping answers with the exclusive time of every Python function. The profiler is cProfile without
built-in functions: it costs about 0.1 µs for each call of a Python function, and counts C code to its caller.
"""

import cProfile
import signal
import sys
from pathlib import Path
from threading import Event

from starlette.types import Receive, Scope, Send

from benchmarks.profiling.stages import FunctionTime
from shared.http import json_response
from swell.local.embedded import run_embedded
from swell.local.front_door import FrontDoor

START = "/profile/start"
STOP = "/profile/stop"


def install_profiler() -> None:
    """Have every front door answer the two requests that steer the profiler."""
    profile = cProfile.Profile(builtins=False)
    serve = FrontDoor.__call__

    async def controlled(door: FrontDoor, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path")
        if path == START:
            await json_response({})(scope, receive, send)
            profile.clear()
            profile.enable()
        elif path == STOP:
            profile.disable()
            await json_response({"functions": _functions(profile)})(scope, receive, send)
        else:
            await serve(door, scope, receive, send)

    FrontDoor.__call__ = controlled  # type: ignore[method-assign,assignment]  # in this process only


def _functions(profile: cProfile.Profile) -> list[FunctionTime]:
    return [
        FunctionTime(entry.code.co_filename, entry.code.co_name, entry.callcount, entry.inlinetime)
        for entry in profile.getstats()
        if not isinstance(entry.code, str)
    ]


def main() -> None:
    """Serve until asked to end."""
    install_profiler()
    asked = Event()
    signal.signal(signal.SIGTERM, lambda *_: asked.set())
    with run_embedded(Path(sys.argv[1]).absolute(), int(sys.argv[2])):
        asked.wait()


if __name__ == "__main__":
    main()
