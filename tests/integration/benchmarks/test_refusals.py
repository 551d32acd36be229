"""What a refusal costs is measured of real refusals, both ways."""

import asyncio
from pathlib import Path

from benchmarks.refusals import measure_refusals


def test_both_ways_of_refusing_are_measured(tmp_path: Path) -> None:
    """With warm and with cold caches; every answer was a 503 for which no body was read."""
    costs = asyncio.run(measure_refusals(tmp_path, 2))

    assert set(costs) == {
        f"{way}, {state}" for way in ("through all layers", "at the door") for state in ("warm", "cold")
    }
    assert all(cost_us > 0 for cost_us in costs.values())
