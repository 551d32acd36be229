"""A region of an embedded Swell grows and shrinks by real processes, as it is set to."""

import time
from collections.abc import Callable
from pathlib import Path

import httpx

from shared.adapters.embedded.state import SqliteState
from shared.adapters.stored.fleet import StoredFleet
from swell.local.region_choice import RegionOptions
from swell.local.regional import run_regions

HOME = "us-central1"
WITHIN_S = 90.0


def eventually(holds: Callable[[], bool], what: str) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + WITHIN_S
    while not holds():
        assert time.monotonic() < deadline, f"not within {WITHIN_S:.0f} s: {what}"
        time.sleep(0.1)


def test_processes_follow_the_size_that_a_region_is_set_to(tmp_path: Path) -> None:
    """Three answer when three are wanted, none is missed by a client while they come and go, one is left at zero."""
    with run_regions(tmp_path, options=RegionOptions(2)) as running:
        fleet = StoredFleet(SqliteState(tmp_path / "state.db"))
        eventually(lambda: fleet.size(HOME).ready == 1, "the region's own process")

        fleet.resize(HOME, min_instances=3, max_instances=5)
        eventually(lambda: fleet.size(HOME).ready == 3, "three processes")
        answers = {httpx.get(f"{running.url}/v1/collections", timeout=10).status_code for _ in range(20)}
        fleet.resize(HOME, min_instances=0, max_instances=5)
        eventually(lambda: fleet.size(HOME).ready == 1, "one process")

        assert answers == {200}
        assert httpx.get(f"{running.url}/v1/collections", timeout=10).status_code == 200
