"""Waiting for what other threads and processes do."""

import time
from collections.abc import Callable


def wait_until(holds: Callable[[], bool], *, timeout_s: float = 20.0, saying: Callable[[], object] = str) -> None:
    """Return as soon as `holds`, and fail after the deadline with what `saying` gives."""
    deadline = time.monotonic() + timeout_s
    while not holds():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout_s} s: {saying()}")
        time.sleep(0.01)
