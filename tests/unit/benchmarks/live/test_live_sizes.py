"""How large the scenarios that are shipped are played on one machine."""

import pytest

from benchmarks.analysis.intervals import requests_to_bound, requests_to_prove
from benchmarks.live.arrivals import arrivals_of
from benchmarks.scenarios.catalog import find_scenario, names
from shared.domain.tier import Tier
from shared.topology import load_topology


@pytest.mark.parametrize("name", names())
def test_a_live_run_asks_often_enough_to_prove_its_promises(name: str) -> None:
    """Where nothing goes wrong it ends with 0, not with 98 for too few requests."""
    scenario = find_scenario(name)
    objectives = scenario.objectives
    needed = [requests_to_prove(share) for share in (objectives.error_share,) if share is not None]
    needed += [requests_to_bound(0.99)] if objectives.p99_ms is not None else []
    premium = objectives.shed_share_premium
    needed_premium = None if premium is None else requests_to_prove(premium)

    asked = arrivals_of(
        scenario, load_topology(), peak_per_s=scenario.live.peak_rps, seconds=scenario.live.seconds
    ).count

    assert [each for each in needed if each is not None and each > asked] == []
    assert (needed_premium or 0) <= asked * scenario.tiers.get(Tier.PREMIUM, 0.0)
