"""Every kind of fault does to the simulated fleet what the schema of scenarios says of it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, get_args

import numpy as np
import pytest

from benchmarks.scenarios.arrival import Constant, Mix, Zipf
from benchmarks.scenarios.catalog import find_scenario
from benchmarks.scenarios.model import Fault, Fleet, Scenario
from benchmarks.simulator.faults import NOT_SIMULATED
from benchmarks.simulator.policies import Policy, Steering
from benchmarks.simulator.recording import Recorder
from benchmarks.simulator.setting import setting_for
from benchmarks.simulator.simulation import Simulated, Simulation
from shared.telemetry import log_to
from shared.topology import load_topology

REGIONS: Final = ["us-central1", "europe-west1"]
HIT: Final = 1
STEPS_PER_MIN: Final = 6
FAULTS: Final = {
    "instances_lost": Fault(kind="instances_lost", at_min=4, share=0.5, regions=("europe-west1",)),
    "no_new_instances": Fault(kind="no_new_instances", at_min=9, for_min=2, regions=("europe-west1",)),
    "slow_dependency": Fault(kind="slow_dependency", at_min=14, for_min=2, factor=2),
    "failing_dependency": Fault(kind="failing_dependency", at_min=18, for_min=2, share=0.2),
    "writes_refused": Fault(kind="writes_refused", at_min=22, for_min=2),
    "disconnect": Fault(kind="disconnect", at_min=26, share=0.01),
    "cold_caches": Fault(kind="cold_caches", at_min=30),
    "region_down": Fault(kind="region_down", at_min=34, for_min=4, regions=("europe-west1",)),
}
"""One after the other in one run; while none can be started instances are lost again, or none would be missing."""
LOST_AGAIN: Final = Fault(kind="instances_lost", at_min=9, share=0.5, regions=("europe-west1",))


@pytest.fixture(scope="module")
def runs() -> Iterator[tuple[Simulated, Simulated]]:
    """The same requests with the faults, and without."""
    calm = find_scenario("baseline-500m").model_copy(
        update={
            "streams": 50e6,
            "duration_min": 40,
            "diurnal": 0.0,
            "arrival": Constant(kind="constant"),
            "popularity": Zipf(kind="zipf"),
            "mix": Mix(search=0.9, write=0.1),
            "fleet": Fleet(hub_at_most=400, total_at_most=800),
        }
    )
    with Path("/dev/null").open("w", encoding="utf-8") as nowhere:
        log_to(nowhere)
        yield played(calm.model_copy(update={"faults": (*FAULTS.values(), LOST_AGAIN)})), played(calm)
        log_to(None)


def played(scenario: Scenario) -> Simulated:
    """One run, steered by Cloud Run alone."""
    setting = setting_for(scenario, load_topology().limited_to(REGIONS), days=1)
    return Simulation(scenario, Policy(Steering.PLATFORM, budget=False), setting, 1).run()


def failed_share(recorder: Recorder, steps: slice) -> float:
    """Of all requests of these steps."""
    return float(recorder.errors[steps].sum() / recorder.offered[steps].sum())


def busy_instances(recorder: Recorder, steps: slice) -> float:
    """Of all regions, in the mean: what answers keep busy, however many there are."""
    return float((recorder.busy[steps] * recorder.state["ready"][steps]).sum(axis=1).mean())


def ready_after(recorder: Recorder, steps: slice) -> float:
    """Instances of the region that is hit, at the end of the first of these steps."""
    return float(recorder.state["ready"][steps.start, HIT])


SEEN: Final[dict[str, Callable[[Recorder, Recorder, slice], bool]]] = {
    "instances_lost": lambda bad, calm, steps: ready_after(bad, steps) <= 0.6 * ready_after(calm, steps),
    "no_new_instances": lambda bad, _, steps: (
        bad.state["starting"][steps.stop - 1, HIT] == 0 and bad.state["starting"][steps.stop + 1, HIT] > 0
    ),
    "slow_dependency": lambda bad, calm, steps: busy_instances(bad, steps) > 1.7 * busy_instances(calm, steps),
    "failing_dependency": lambda bad, _, steps: abs(failed_share(bad, steps) - 0.2) < 0.02,
    "writes_refused": lambda bad, _, steps: abs(failed_share(bad, steps) - 0.1) < 0.02,
    "disconnect": lambda bad, calm, steps: bool(
        np.isclose(bad.asked[steps].sum() - calm.asked[steps].sum(), 0.01 * 50e6, rtol=0.05)
    ),
    "cold_caches": lambda bad, calm, steps: bad.hits[steps.start].sum() < 0.5 * calm.hits[steps.start].sum(),
    "region_down": lambda bad, _, steps: bad.served[steps, HIT].sum() == 0,
}


@pytest.mark.parametrize("kind", sorted({*get_args(Fault.model_fields["kind"].annotation)} - NOT_SIMULATED))
def test_each_kind_of_fault_is_seen_while_it_lasts(kind: str, runs: tuple[Simulated, Simulated]) -> None:
    """From the step in which it begins; a kind that is new needs a line here."""
    fault = FAULTS[kind]
    steps = slice(round(fault.at_min * STEPS_PER_MIN), round((fault.at_min + fault.for_min) * STEPS_PER_MIN))

    bad, calm = (run.recorder for run in runs)

    assert SEEN[kind](bad, calm, steps)


def test_a_fault_begins_and_ends_once(runs: tuple[Simulated, Simulated]) -> None:
    """In the beat that it names: half of the instances are lost, not three quarters."""
    run = runs[0]
    begun = run.scenario.starts_at.timestamp()

    told = [entry for entry in run.timeline if entry.kind == "fault" and "instances lost" in entry.text]

    moments = [((entry.at_s - begun) / 60, entry.text.partition(":")[0]) for entry in told]
    assert moments == [(4, "begins"), (5, "ends"), (9, "begins"), (10, "ends")]
