"""What one machine plays of a scenario's faults is told with its times; what it does not is told by name."""

import numpy as np
import pytest

from benchmarks.live.arrivals import arrivals_of
from benchmarks.live.faults import fault_plan
from benchmarks.live.record import Played, record_of
from benchmarks.load.open_loop import Offered
from benchmarks.rehearsal.record_file import of_json, to_json
from benchmarks.reports.document import to_document
from benchmarks.reports.markdown import to_markdown
from benchmarks.reports.report import report_on
from benchmarks.scenarios.catalog import find_scenario, names
from benchmarks.scenarios.model import Fault
from shared.topology import load_topology

TOPOLOGY = load_topology()


def test_a_region_is_lost_where_its_callers_are() -> None:
    """At its time, which passes as fast as the course; as many callers as it has in the scenario are nearest to it."""
    plan = fault_plan(find_scenario("region-failover"), TOPOLOGY, seconds=20)

    (lost,) = plan.played
    assert (lost.regions, lost.at_s) == (("europe-west1",), 5.0)
    assert lost.ends_s == pytest.approx(11.67, abs=0.01)
    assert plan.callers == pytest.approx({"us-central1": 0.84, "europe-west1": 0.16})
    assert plan.left_out == ()


def test_a_region_that_is_not_shown_has_a_stand_in() -> None:
    """Two regions are lost in two others than home, and the words say which."""
    plan = fault_plan(find_scenario("multi-region-failover"), TOPOLOGY, seconds=20)

    here = [one.regions[0] for one in plan.played]
    assert len(set(here)) == 2
    assert TOPOLOGY.home_region not in here
    assert all(one.regions == one.fault.regions or f"here {one.regions[0]}" in one.text for one in plan.played)


def test_writes_that_are_refused_in_the_cloud_wait_here_and_are_told_so() -> None:
    """What is said is what happens."""
    plan = fault_plan(find_scenario("database-failover"), TOPOLOGY, seconds=30)

    (held,) = plan.played
    assert held.text == "writes refused (everywhere), here held up: they wait 10 s at most, then fail"


def test_no_fault_of_any_scenario_is_ignored() -> None:
    """Each is played, or named with the reason."""
    for name in names():
        scenario = find_scenario(name)
        plan = fault_plan(scenario, TOPOLOGY, seconds=20)

        told = {one.fault.kind for one in plan.played} | {one.partition(":")[0] for one in plan.left_out}
        assert told == {fault.kind for fault in scenario.faults}


def test_what_cannot_be_played_here_says_why() -> None:
    """A slow store, a region among many, connections that nobody holds."""
    many = tuple(name for name in TOPOLOGY.regions if name != TOPOLOGY.home_region)
    faults = (
        Fault(kind="slow_dependency", at_min=1, factor=2),
        Fault(kind="region_down", at_min=1, regions=many),
        Fault(kind="disconnect", at_min=1),
        Fault(kind="writes_refused", at_min=1),
        Fault(kind="instances_lost", at_min=1, share=0.1, regions=many[:1]),
    )
    plan = fault_plan(find_scenario("burst-10x").model_copy(update={"faults": faults}), TOPOLOGY, seconds=20)

    assert plan.played == ()
    assert list(plan.left_out) == [
        "slow_dependency: nothing stands between the server and its files that could be slow",
        "region_down: one machine shows 3 regions beside home",
        "disconnect: without sessions nobody holds a connection",
        "writes_refused: nothing is written",
        "instances_lost: each region has one process here",
    ]


def test_the_record_tells_before_during_and_after() -> None:
    """Percentiles of each, what happened when, and how soon it recovered: where all faults were played."""
    scenario = find_scenario("region-failover")
    plan = fault_plan(scenario, TOPOLOGY, seconds=20)
    arrivals = arrivals_of(scenario, TOPOLOGY, peak_per_s=200, seconds=20, regions=plan.callers)
    begin_s, end_s = plan.played[0].at_s, plan.played[0].ends_s
    offered = {}
    for what, due_s in arrivals.due_s.items():
        during = (due_s >= begin_s) & (due_s < end_s)
        fails = during & (due_s < begin_s + 1)
        latency_ms = np.where(during, 40.0, 10.0)
        offered[what] = Offered(due_s, latency_ms, np.where(fails, 503, 200), np.zeros(len(due_s)))

    happened = [(begin_s, plan.played[0].text)]
    run = record_of(Played(scenario, arrivals, offered, 200, 20, plan, happened), "abc")

    assert [(one.name, one.p99_ms) for one in run.phases] == [("before", 10.0), ("during", 40.0), ("after", 10.0)]
    assert run.phases[0].errors == run.phases[2].errors == 0 < run.phases[1].errors == run.summary.errors
    assert [entry.text for entry in run.timeline if entry.kind == "fault"] == ["region down (europe-west1)"]
    (recovery,) = [one for one in run.objectives if one.name == "recovery_s"]
    assert (recovery.measured, recovery.met) == (0.0, True)
    assert run == of_json(to_json(run))
    report = report_on(run)
    told = f"- during, 5.0 to 11.7 s: {run.phases[1].asked:,} asked, {run.phases[1].errors} failed; p50 40 ms"
    assert told in to_markdown(report)
    assert [one["name"] for one in to_document(report)["phases"]] == ["before", "during", "after"]


def test_phases_end_where_the_run_did() -> None:
    """What was cut short before its fault has nothing but a before."""
    scenario = find_scenario("region-failover")
    arrivals = arrivals_of(scenario, TOPOLOGY, peak_per_s=50, seconds=2)
    offered = {
        what: Offered(due, np.ones(len(due)), np.full(len(due), 200), np.zeros(len(due)))
        for what, due in arrivals.due_s.items()
    }
    plan = fault_plan(scenario, TOPOLOGY, seconds=20)

    run = record_of(Played(scenario, arrivals, offered, 50, 2.0, plan, whole_s=20.0, ended_early="interrupted"), "abc")

    assert [(one.name, one.to_s, one.asked) for one in run.phases] == [("before", 2.0, arrivals.count)]


def test_a_fault_that_is_not_played_is_noted() -> None:
    """And nothing is said of how soon it recovers."""
    scenario = find_scenario("database-failover")
    plan = fault_plan(scenario, TOPOLOGY, seconds=20)
    arrivals = arrivals_of(scenario, TOPOLOGY, peak_per_s=50, seconds=20)
    offered = {
        what: Offered(due, np.ones(len(due)), np.full(len(due), 200), np.zeros(len(due)))
        for what, due in arrivals.due_s.items()
    }

    run = record_of(Played(scenario, arrivals, offered, 50, 20, plan), "abc")

    noted = [note for note in run.meta.notes if note.startswith("A fault was not played")]
    assert [note.split(": ")[1] for note in noted] == ["slow_dependency", "failing_dependency"]
    assert "recovery_s" not in {one.name for one in run.objectives}
