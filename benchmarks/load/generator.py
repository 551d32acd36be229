"""Runs the generator in a process of its own and brings back what it saw."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks.load.job import Load, Task, read_load, write_task
from shared.errors import SwellError
from swell.local.processes import child_process

CHECKOUT: Final = Path(__file__).parents[2]
_GRACE_S: Final = 60.0
_ONCE_WITHIN_S: Final = 1800.0


class GeneratorFailed(SwellError):  # noqa: N818 - named for what happened
    """The generator ended without a report, or not at all."""

    code = "generator_failed"


def generate_load(task: Task, requests: Sequence[bytes]) -> Load:
    """Send the requests as the task says.

    Raises:
        GeneratorFailed: a connection was refused or lost, an answer could not be read, none was good, or time ran out.
    """
    within_s = task.warm_up_s + _GRACE_S + (_ONCE_WITHIN_S if task.seconds is None else task.seconds)
    with TemporaryDirectory(prefix="swell-load-") as name:
        directory = Path(name)
        write_task(directory, task, requests)
        log = directory / "log"
        command = [sys.executable, "-m", "benchmarks.load.worker", name]
        with child_process(command, {}, log=log, directory=CHECKOUT) as process:
            await_end(process, within_s, log)
        load = read_load(directory)
    if not load.answers:
        raise GeneratorFailed(f"no request was answered well; failures by status: {dict(load.outcome.failures)}")
    return load


def await_end(process: "subprocess.Popen[bytes]", within_s: float, log: Path) -> None:
    """Return when a process of a generator has ended well.

    Raises:
        GeneratorFailed: it did not end in time, or failed; the last line of its log says why.
    """
    try:
        status = process.wait(within_s)
    except subprocess.TimeoutExpired:
        raise GeneratorFailed(f"the load generator did not end within {within_s:.0f} s") from None
    if status != 0:
        raise GeneratorFailed(f"the load generator failed: {_last_line(log)}")


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"
