"""functions-framework whose workers die with it: `python -m swell.local.framework_process ARGUMENTS`.

It serves from a process that gunicorn forks. When gunicorn's own process is killed, a thread worker notices,
and a uvicorn worker goes on for ever.
"""

import os
import sys

from functions_framework._cli import _cli

from swell.local.processes import die_with_parent


def tie_forks() -> None:
    """Have every process that this one forks die with it; on Linux only."""
    if sys.platform != "linux":
        return
    parents: list[int] = []

    def tie() -> None:
        try:
            die_with_parent(parents[-1])
        except SystemExit:  # what a hook of a fork raises is ignored
            os._exit(1)

    os.register_at_fork(before=lambda: parents.append(os.getpid()), after_in_parent=parents.pop, after_in_child=tie)


if __name__ == "__main__":
    tie_forks()
    _cli(prog_name="functions-framework")
