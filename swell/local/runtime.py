"""The two ways to run Swell on one machine."""

from swell.local.embedded import run_embedded
from swell.local.emulated import run_on_emulators

__all__ = ["run_embedded", "run_on_emulators"]
