"""Child processes that do not outlive us."""

import ctypes
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

STOP_WITHIN_S: Final = 10.0
"""After this a child that was asked to end is killed. Cloud Run gives an instance the same."""

_PR_SET_PDEATHSIG: Final = 1
# Asks the kernel to kill this process when its parent's thread ends, even by kill -9, and becomes the command.
# Done in a program of its own, because code between fork and exec can deadlock in a parent that has threads.
_LINUX_LAUNCHER: Final = """
import ctypes, os, signal, sys
PR_SET_PDEATHSIG = 1
ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
if os.getppid() != int(sys.argv[1]):
    sys.exit("the parent ended first")
os.execvp(sys.argv[2], sys.argv[2:])
"""


@contextmanager
def child_process(
    command: Sequence[str], environment: Mapping[str, str], *, log: Path, directory: Path | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command until the block ends, in a process group of its own, its output added to `log`.

    `environment` is added to ours. On Linux the child also dies with the thread that started it, however that
    ends; elsewhere a kill -9 of ours leaves it running.

    Raises:
        FileNotFoundError: there is no such program.
    """
    if shutil.which(command[0]) is None:
        raise FileNotFoundError(f"there is no program {command[0]}")
    with log.open("ab") as output:
        process = subprocess.Popen(  # noqa: S603 - the caller's own command
            _launched(command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=directory,
            env={**os.environ, **environment},  # noqa: TID251 - a child gets what we were given
            start_new_session=True,
        )
    try:
        yield process
    finally:
        stop(process)


@contextmanager
def environment_with(variables: Mapping[str, str]) -> Iterator[None]:
    """What functions of this process, and processes that it starts, are given until the block ends."""
    environment = os.environ  # noqa: TID251 - settings are read from it
    before = {name: environment.get(name) for name in variables}
    environment.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                environment.pop(name, None)
            else:
                environment[name] = value


def stop(process: subprocess.Popen[bytes], *, within_s: float = STOP_WITHIN_S) -> None:
    """End a child and all that it started: politely, then not."""
    _signal_group(process, signal.SIGTERM)
    try:
        process.wait(within_s)
    except subprocess.TimeoutExpired:
        pass
    finally:  # what is left of the group, its leader included
        _signal_group(process, signal.SIGKILL)
        process.wait()


def kill(process: subprocess.Popen[bytes]) -> None:
    """Kill -9 a child and all that it started."""
    _signal_group(process, signal.SIGKILL)


def die_with_parent(parent: int) -> None:
    """Have the kernel kill this process when its parent's thread ends, even by kill -9; Linux only.

    Raises:
        SystemExit: the parent has ended already.
    """
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit("the parent ended first")


def _launched(command: Sequence[str]) -> list[str]:
    if sys.platform != "linux":
        return list(command)
    return [sys.executable, "-I", "-S", "-c", _LINUX_LAUNCHER, str(os.getpid()), *command]


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with suppress(ProcessLookupError):  # all of it has ended
        os.killpg(process.pid, number)
