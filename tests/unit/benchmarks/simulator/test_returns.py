"""Clients that go back to a region that was lost are answered there."""

from pathlib import Path

import pytest

from benchmarks.scenarios.arrival import Constant
from benchmarks.scenarios.catalog import find_scenario
from benchmarks.scenarios.model import Fault, Fleet
from benchmarks.simulator.policies import Policy, Steering
from benchmarks.simulator.setting import setting_for
from benchmarks.simulator.simulation import Simulated, Simulation
from shared.telemetry import log_to
from shared.topology import load_topology

REGIONS = ["us-central1", "us-east1", "europe-west1"]
LOST_AT, BACK_AT, MINUTES = 2, 22, 36
PER_MIN = 6


@pytest.fixture(scope="module")
def run() -> Simulated:
    """A third of the clients' region is away for twenty minutes; they are sent back to it from minute 32 on."""
    scenario = find_scenario("baseline-500m").model_copy(
        update={
            "streams": 60e6,
            "duration_min": MINUTES,
            "diurnal": 0.0,
            "arrival": Constant(kind="constant"),
            "fleet": Fleet(hub_at_most=400, other_at_most=400, total_at_most=1200),
            "faults": (
                Fault(kind="region_down", at_min=LOST_AT, for_min=BACK_AT - LOST_AT, regions=("europe-west1",)),
            ),
        }
    )
    with Path("/dev/null").open("w", encoding="utf-8") as nowhere:
        log_to(nowhere)
        setting = setting_for(scenario, load_topology().limited_to(REGIONS), days=1)
        played = Simulation(scenario, Policy(Steering.REACTIVE, budget=False), setting, 1).run()
        log_to(None)
    return played


def test_nobody_fails_who_goes_back(run: Simulated) -> None:
    """From the end of the fault on, through the first minutes in which the region is asked again."""
    recorder, at = run.recorder, run.regions.index("europe-west1")
    after = slice(BACK_AT * PER_MIN, None)
    asked_again = recorder.offered[-PER_MIN:, at].sum()

    assert recorder.offered[(LOST_AT + 2) * PER_MIN : (BACK_AT + 9) * PER_MIN, at].sum() < 1
    assert asked_again > 0.2 * recorder.asked[-PER_MIN:, at].sum()
    assert recorder.errors[after].sum() <= 0.001 * recorder.offered[after].sum()


def test_its_instances_are_there_before_them_and_not_while_it_is_gone(run: Simulated) -> None:
    """Those for a quarter of them and for the five minutes after, when the first are sent."""
    ready, at = run.recorder.state["ready"][:, run.regions.index("europe-west1")], PER_MIN
    needed = ready[: LOST_AT * at].max()

    assert ready[BACK_AT * at - 1] == 0
    assert needed / 4 <= ready[(BACK_AT + 9) * at] < needed
