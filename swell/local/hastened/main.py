"""The source of a function under functions-framework that goes by the crowd clock of this machine.

What is deployed knows nothing of such a clock: this module lays it under the function, and hands on its entry point.
"""

import os
from importlib import import_module
from pathlib import Path

from shared.adapters.opening import tell_time_by
from swell.local.crowd_clock import CrowdClock, CrowdClockSettings


def _clock() -> CrowdClock:
    path: Path | None = CrowdClockSettings().crowd_clock
    assert path is not None  # noqa: S101 - whoever starts this names it
    return CrowdClock(path)


tell_time_by(_clock())
_FUNCTION = os.environ["FUNCTION_TARGET"]  # noqa: TID251 - functions-framework's own variable
globals()[_FUNCTION] = getattr(import_module(f"functions.{_FUNCTION}.main"), _FUNCTION)
