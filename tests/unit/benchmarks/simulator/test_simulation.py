"""The simulated fleet: nothing is made or lost, the same seed plays the same, and the deployed policies steer it."""

import re
from dataclasses import replace

import numpy as np
import pytest

from benchmarks.rehearsal.record_file import of_json, to_json
from benchmarks.rehearsal.result import Run
from benchmarks.scenarios.arrival import Flash
from benchmarks.scenarios.catalog import find_scenario
from benchmarks.scenarios.model import Budget, CalendarEntry, Fault, Fleet, Objectives, Scenario
from benchmarks.simulator.policies import Policy, Steering
from benchmarks.simulator.record import run_of
from benchmarks.simulator.setting import setting_for
from benchmarks.simulator.simulation import Setting, Simulated, Simulation
from functions.burst_prediction.usual_course import events_in_days
from shared.crowds.plan_store import step_of
from shared.domain.calendar import EventType
from shared.topology import Topology, load_topology

REGIONS = ["us-central1", "europe-west1"]
REACTIVE = Policy(Steering.REACTIVE, budget=False)


@pytest.fixture(scope="module")
def topology() -> Topology:
    """Two regions: a fit of each takes a while."""
    return load_topology().limited_to(REGIONS)


@pytest.fixture(scope="module")
def crowd() -> Scenario:
    """Ten times the base within two minutes, for ten."""
    return find_scenario("baseline-500m").model_copy(
        update={
            "streams": 100e6,
            "duration_min": 15,
            "diurnal": 0.0,
            "arrival": Flash(kind="flash", at_min=5, peak=10, ramp_min=2, hold_min=5, half_life_min=2),
            "fleet": Fleet(hub_at_most=1000, total_at_most=2000),
        }
    )


@pytest.fixture(scope="module")
def setting(crowd: Scenario, topology: Topology) -> Setting:
    """The fleet of that crowd, with a short past."""
    return setting_for(crowd, topology, days=3)


@pytest.fixture(scope="module")
def reactive(crowd: Scenario, setting: Setting) -> Simulated:
    """The crowd as reactive scaling alone meets it; played once for all who look at it."""
    return simulated(crowd, setting)


def simulated(scenario: Scenario, setting: Setting, policy: Policy = REACTIVE, seed: int = 1) -> Simulated:
    """One run."""
    return Simulation(scenario, policy, setting, seed).run()


def recorded(scenario: Scenario, setting: Setting, policy: Policy = REACTIVE, seed: int = 1) -> Run:
    """One run's record."""
    return record(simulated(scenario, setting, policy, seed), setting)


def record(played: Simulated, setting: Setting) -> Run:
    """The record of one that was played, without its date."""
    run = run_of(played, setting.calibration, "0000000")
    return replace(run, meta=replace(run.meta, made_at=""))


def test_requests_are_neither_made_nor_lost(crowd: Scenario, setting: Setting) -> None:
    """In every step and region: offered = served + shed + failed + what the queue grew by. Also while one is down."""
    troubled = crowd.model_copy(
        update={
            "faults": (
                Fault(kind="region_down", at_min=6, for_min=4, regions=("europe-west1",)),
                Fault(kind="failing_dependency", at_min=12, for_min=2, share=0.1),
            )
        }
    )

    recorder = simulated(troubled, setting, Policy(Steering.REACTIVE, budget=True)).recorder

    ended = recorder.state["queued"]
    begun = np.concatenate([[np.zeros(len(REGIONS))], ended[:-1]])
    came_to = sum(series.sum(axis=2) for series in (recorder.served, recorder.shed, recorder.errors)) + ended - begun
    assert came_to[1:] == pytest.approx(recorder.offered[1:], rel=1e-9, abs=1e-6)
    assert recorder.errors.sum() > 0


def test_the_same_seed_plays_the_same_and_another_one_does_not(
    crowd: Scenario, setting: Setting, reactive: Simulated
) -> None:
    """What can be repeated can be compared."""
    again, other = (recorded(crowd, setting, seed=seed) for seed in (1, 2))

    assert record(reactive, setting) == again
    assert other.summary != again.summary


def test_what_is_remembered_changes_no_record(crowd: Scenario, setting: Setting) -> None:
    """Steps of plans and the course of events are worked out once in a process: a run with neither is the same."""
    match = CalendarEntry(
        name="a match",
        kind=EventType.SPORTS,
        start_min=4,
        duration_min=10,
        weights={REGIONS[0]: 1.0},
        expected_multiple=10,
    )
    scenario, policy = crowd.model_copy(update={"calendar": (match,), "duration_min": 8}), Policy()
    known = recorded(scenario, setting, policy)
    assert any("10 times the usual load expected" in entry.text for entry in known.timeline)

    events_in_days.cache_clear()
    step_of.cache_clear()

    assert recorded(scenario, setting, policy) == known
    assert events_in_days.cache_info().hits > 0
    assert step_of.cache_info().hits > 0


def test_the_deployed_scaling_sets_the_bounds(crowd: Scenario, setting: Setting, reactive: Simulated) -> None:
    """Its own words are in the timeline; without it nothing sets a floor. Both are asked the same."""
    platform = simulated(crowd, setting, Policy(Steering.PLATFORM, budget=False))

    assert any(entry.kind == "scaling" and "demand: out" in entry.text for entry in reactive.timeline)
    said = record(reactive, setting).summary.advice[0]
    assert re.match(r"announce the crowd of [\w-]+, [\d.]+ times its usual load at the peak from minute ", said)
    assert re.search(r"; it failed requests for [\w ]+ more, until there were [\d,]+; [\d.]+% of all requests", said)
    assert platform.recorder.state["floor"].max() == 0
    assert (platform.recorder.asked == reactive.recorder.asked).all()


def test_the_deployed_forecast_has_instances_ready_before_the_crowd(
    crowd: Scenario, setting: Setting, reactive: Simulated
) -> None:
    """With the plan fewer requests fail than with what load of late asks for alone; the forecast is in the record."""
    everywhere = dict.fromkeys(REGIONS, 1.0)
    match = CalendarEntry(
        name="A final", kind=EventType.SPORTS_FINAL, start_min=5, duration_min=10, peak_after_min=2, weights=everywhere
    )

    both = recorded(crowd.model_copy(update={"calendar": (match,)}), setting, Policy(Steering.BOTH, budget=False))

    assert max(number or 0 for number in both.world.instances.planned) > 0
    assert set(both.world.forecast_rps) == {"0.5", "0.9", "0.99"}
    assert both.summary.errors < 0.99 * reactive.recorder.errors.sum()
    assert "(expected_multiple of its event is not given)" in both.summary.advice[0]
    assert_is_told(both)


def assert_is_told(run: Run) -> None:
    """What an operator looks for: when the crowd was to come, what was planned and ready for it, the mode."""
    minutes = {entry.text: (entry.at_s - run.axis.start_s) / 60 for entry in run.timeline if entry.kind == "calendar"}
    texts = {kind: [entry.text for entry in run.timeline if entry.kind == kind] for kind in ("plan", "prewarm")}
    said = "announced: A final, sports final, minute 5 to 15, peak expected at minute 7, in 2 regions"
    assert {said: 0, "A final: begins": 5, "A final: peak expected": 7} == minutes
    assert re.fullmatch(r"plan \d+ holds .* instances now and up to .* at minute .*at P95; .*", texts["plan"][0])
    assert len(texts["plan"]) < 4
    assert re.match(r"prewarmed for A final: [\d,]+ of [\d,]+ instances that plan \d+ holds", texts["prewarm"][-1])
    assert [entry.text for entry in run.timeline if entry.kind == "serving_mode"] == ["serving mode normal"]


def test_a_budget_that_is_spent_sheds_the_free_tier_first(crowd: Scenario, setting: Setting) -> None:
    """Modes come from the deployed budget; premium is never shed."""
    poor = crowd.model_copy(update={"budget": Budget(hour=30, day=700, month=20_000)})

    run = recorded(poor, setting, Policy(Steering.REACTIVE, budget=True))

    summary = run.summary
    told = [entry.text for entry in run.timeline if entry.kind == "budget"]
    assert told[0].startswith("budget $30.00 in this hour")
    booked = r"of \$30\.00 for the hour from \d\d:00, .* is booked by now and .* likely; serving mode"
    assert any(re.match(booked, text) for text in told)
    assert summary.shed["free"] > 0
    assert summary.shed["premium"] == 0
    assert set(summary.minutes_in_mode) - {"normal"}


def test_a_region_that_is_lost_is_answered_from_elsewhere(crowd: Scenario, setting: Setting) -> None:
    """The deployed routes move its clients within a minute, and what is answered from afar takes longer."""
    lost = crowd.model_copy(
        update={
            "faults": (Fault(kind="region_down", at_min=2, for_min=4, regions=("europe-west1",)),),
            "objectives": Objectives(recovery_s=10),
        }
    )

    run = recorded(lost, setting)

    minute_4 = int(4 * 60 / run.axis.step_s)
    assert run.regions["europe-west1"].spilled_rps["us-central1"][minute_4] == pytest.approx(5000, rel=0.5)
    assert any("failed_over" in entry.text for entry in run.timeline)
    assert (run.world.p95_ms[minute_4] or 0) > 100
    assert "of what failed after the last fault failed there" in run.summary.advice[0]
    assert not any("europe-west1" in text and "minute 2," in text for text in run.summary.advice)


def test_a_fault_that_the_model_does_not_have_is_noted(setting: Setting, reactive: Simulated) -> None:
    """No engine ignores one without a word."""
    away = reactive.scenario.model_copy(update={"faults": (Fault(kind="redis_away", at_min=2),)})

    run = record(replace(reactive, scenario=away), setting)

    assert "Not in the model: redis_away." in run.meta.notes


def test_a_record_of_a_simulation_can_be_written_and_says_what_it_is(setting: Setting, reactive: Simulated) -> None:
    """SIMULATED, its scale and its stream go with the numbers; nothing in it is not a number."""
    run = record(reactive, setting)

    assert of_json(to_json(run)) == run
    assert run.meta.simulated
    assert any("SIMULATED" in note for note in run.meta.notes)
    assert "once in 10,000 s" in run.meta.stream.text
