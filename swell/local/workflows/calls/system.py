"""`sys.log`, `sys.sleep`, `sys.sleep_until`."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from swell.local.workflows.expressions.operators import is_number
from swell.local.workflows.failure import failure
from swell.local.workflows.journal import Strand
from swell.local.workflows.library.times import parse_moment
from swell.local.workflows.limits import MAX_SLEEP_S
from swell.local.workflows.timing import Stop, Time, moment_after
from swell.local.workflows.world import BlockingCall

Log = Callable[[str, Any], None]
"""Takes a severity and what was logged."""


def system_calls(time: Time, stop: Stop, log: Log) -> Mapping[str, BlockingCall]:
    """The calls, on a time and a log."""

    def sys_log(strand: Strand, arguments: Mapping[str, Any]) -> None:
        said = next((arguments[key] for key in ("text", "json", "data") if arguments.get(key) is not None), None)
        strand.once("sys.log", lambda: log(str(arguments.get("severity", "DEFAULT")), said))

    def sleep(strand: Strand, arguments: Mapping[str, Any]) -> None:
        seconds = arguments["seconds"]
        if not is_number(seconds):
            raise failure("TypeError", f"sys.sleep takes a number of seconds, got {seconds!r:.50}")
        if not 0 <= seconds <= MAX_SLEEP_S:
            raise failure("ValueError", f"sys.sleep takes 0 to {MAX_SLEEP_S:,.0f} seconds, got {seconds}")
        _wait(strand, partial(moment_after, time, seconds))

    def sleep_until(strand: Strand, arguments: Mapping[str, Any]) -> None:
        moment = parse_moment("sys.sleep_until", arguments["time"])
        _wait(strand, moment.isoformat)

    def _wait(strand: Strand, wake: Callable[[], str]) -> None:
        noted = strand.once("sleep", wake)  # a sleep that was interrupted ends when it would have
        time.wait_until(datetime.fromisoformat(noted), stop)

    return {"sys.log": sys_log, "sys.sleep": sleep, "sys.sleep_until": sleep_until}
