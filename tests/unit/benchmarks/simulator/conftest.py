"""What all tests of the simulator share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.telemetry import log_to


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """What the functions log is of no interest here."""
    with Path("/dev/null").open("w", encoding="utf-8") as nowhere:
        log_to(nowhere)
        yield
        log_to(None)
