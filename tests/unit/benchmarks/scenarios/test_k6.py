"""A scenario as a k6 script: valid, and asking what the live engine asks, as often, of whom and when it stops."""

import json
import re
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.scenarios.arrival import Bursty, Constant, Mix, Zipf
from benchmarks.scenarios.catalog import BadScenario, find_scenario, names
from benchmarks.scenarios.k6 import k6_script
from benchmarks.scenarios.model import (
    Abort,
    Budget,
    Fault,
    Fleet,
    Live,
    Objectives,
    Scenario,
    Sessions,
)
from benchmarks.scenarios.offered import offered_rate
from benchmarks.scenarios.readers import NO, READERS
from shared.domain.tier import Tier
from shared.topology import load_topology

TOPOLOGY = load_topology()
K6 = Path(__file__).parent / "k6"


def part(script: str, name: str) -> dict[str, Any]:
    """What stands in the script as an object."""
    found = re.search(rf"const {name} = (\{{.*?\n\}});", script, re.DOTALL)
    assert found is not None
    read: dict[str, Any] = json.loads(found[1])
    return read


def parts(scenario: Scenario) -> tuple[dict[str, Any], dict[str, Any]]:
    """Options, and what is asked."""
    script = k6_script(scenario, TOPOLOGY)
    return part(script, "options"), part(script, "scenario")


def test_the_course_is_that_of_a_live_run() -> None:
    """Its noise included; stages take the live time, arrivals are open."""
    scenario = find_scenario("world-cup-final")
    live = scenario.live
    random = np.random.default_rng(scenario.seed)
    times_s, rate = offered_rate(scenario, TOPOLOGY, random, peak_per_s=live.peak_rps, seconds=live.seconds)

    run = parts(scenario)[0]["scenarios"]["world-cup-final"]

    assert run["executor"] == "ramping-arrival-rate"
    targets = [stage["target"] for stage in run["stages"]]
    moments = np.linspace(0, live.seconds, len(targets) + 1)[1:]
    assert targets == pytest.approx(np.interp(moments, times_s, rate).tolist(), abs=1)
    whole_ms = sum(int(stage["duration"].removesuffix("ms")) for stage in run["stages"])
    assert whole_ms == pytest.approx(1000 * live.seconds, rel=0.01)


def test_sessions_are_users_who_come_and_leave() -> None:
    """As many as ask so often together; each with connections of its own, none kept for who is too many."""
    scenario = find_scenario("mass-exit")

    run, asked = parts(scenario)

    (played,) = run["scenarios"].values()
    assert (played["executor"], played["gracefulRampDown"]) == ("ramping-vus", "0s")
    assert run["noVUConnectionReuse"]
    assert asked["sessions"] == {"requests": 10.0, "think_s": 1.0}
    assert max(stage["target"] for stage in played["stages"]) == pytest.approx(scenario.live.peak_rps, rel=0.2)


def test_objectives_and_the_abort_rule_are_thresholds() -> None:
    """k6 ends with 99 where one is broken, and stops where too much fails for as long as live runs wait."""
    scenario = find_scenario("world-cup-final")

    thresholds = parts(scenario)[0]["thresholds"]

    assert thresholds["swell_answer_ms"] == ["p(50)<50", "p(99)<200"]
    assert thresholds["swell_failed"][0] == "rate<=0.05"
    assert thresholds["swell_failed"][1] == {"threshold": "rate<0.5", "abortOnFail": True, "delayAbortEval": "3000ms"}
    assert parts(find_scenario("region-failover"))[0]["thresholds"]["swell_failed"][:2] == ["rate<=0.05", "rate<=0.05"]


def test_the_script_changes_with_each_field_that_it_is_told_to_read() -> None:
    """And with no other: the page says which these are."""
    scenario = find_scenario("black-friday")
    changed = {
        "duration_min": 700.0,
        "tick_s": 1,
        "starts_at": scenario.starts_at + timedelta(hours=6),
        "arrival": Constant(kind="constant"),
        "diurnal": 0.9,
        "bursty": Bursty(cv=0.5),
        "regions": {"us-west1": 1.0},
        "crowd": None,
        "popularity": Zipf(kind="zipf", alpha=2),
        "mix": Mix(search=0.5, write=0.5),
        "tiers": {Tier.FREE: 1.0},
        "protocols": {"http1": 0.5, "websocket": 0.5},
        "sessions": Sessions(),
        "calendar": (),
        "faults": (Fault(kind="cold_caches", at_min=1),),
        "fleet": Fleet(),
        "budget": Budget(hour=1),
        "objectives": Objectives(p95_ms=1),
        "abort": Abort(error_share=0.9),
        "live": Live(peak_rps=7),
        "seed": 99,
    }
    before = k6_script(scenario.model_copy(update={"diurnal": 0.5}), TOPOLOGY)
    for field, value in changed.items():
        update = {"diurnal": 0.5, field: value}
        differs = k6_script(scenario.model_copy(update=update), TOPOLOGY) != before

        [said] = [each.k6 for named, each in READERS.items() if field in re.split(r", |\.", named)][:1]
        assert differs == (said != NO), field


def test_keys_are_drawn_as_the_scenario_says() -> None:
    """Four fifths of a hotspot's requests go to its first hundredth; what is popular may move on."""
    assert parts(find_scenario("burst-10x"))[1]["classes"] == [[10_000.0, 0.8], [1_000_000.0, 1.0]]
    assert parts(find_scenario("black-friday"))[1]["drift"] == {"keys": 1_000_000, "turnover_min": 120.0}


def test_what_is_asked_is_the_mix_of_the_scenario() -> None:
    """Searches, filtered ones, writes and deletes, by the share up to each; tiers and protocols likewise."""
    asked = parts(find_scenario("balanced"))[1]

    kinds = dict(asked["kinds"]["http1"])
    assert kinds == pytest.approx({"write": 0.45, "delete": 0.5, "search": 0.9, "filtered": 1.0})
    assert asked["tiers"] == [["premium", 0.1], ["standard", 0.7], ["free", 1.0]]
    assert parts(find_scenario("world-cup"))[1]["protocols"] == [["http1", 0.2], ["websocket", 1.0]]


def test_a_protocol_that_the_script_does_not_speak_is_refused() -> None:
    """Nothing is sent otherwise than the scenario says."""
    scenario = find_scenario("balanced").model_copy(update={"protocols": {"grpc": 0.5, "http1": 0.5}})

    with pytest.raises(BadScenario, match="got grpc, allowed in a script for k6: http1, sse, websocket"):
        k6_script(scenario, TOPOLOGY)


def test_faults_that_k6_does_not_play_are_named() -> None:
    """It only asks."""
    head = k6_script(find_scenario("database-failover"), TOPOLOGY).partition("import")[0]

    assert "writes_refused, slow_dependency, failing_dependency" in head


@pytest.mark.skipif(shutil.which("node") is None, reason="there is no node to run the scripts")
def test_every_scenario_is_a_script_that_runs(tmp_path: Path) -> None:
    """Against modules that stand in for those of k6: 200 iterations of each ask what the scenario says."""
    scenarios = [find_scenario(name) for name in names()]
    scenarios.append(
        find_scenario("balanced").model_copy(
            update={"name": "streamed", "protocols": {"sse": 0.5, "http1": 0.5}, "sessions": Sessions(requests=3)}
        )
    )
    for one in scenarios:
        (tmp_path / f"{one.name}.mjs").write_text(k6_script(one, TOPOLOGY), "utf-8")
    shutil.copytree(K6, tmp_path / "node_modules" / "k6")
    shutil.copy(K6 / "run.mjs", tmp_path)
    command = ["node", "run.mjs", *(f"{one.name}.mjs" for one in scenarios)]

    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)

    assert ran.returncode == 0, ran.stderr
    seen = json.loads(ran.stdout)
    for one in scenarios:
        counts, mix = seen[f"{one.name}.mjs"], one.mix
        total = sum(counts["asked"].values())
        assert total == pytest.approx(200 * (one.sessions.requests if one.sessions else 1), rel=0.2), one.name
        writes = counts["asked"].get("upsert", 0) + counts["asked"].get("delete", 0)
        assert writes / total == pytest.approx(mix.write + mix.delete, abs=0.1), one.name
        assert counts["failed"] == 0, one.name
        assert counts["answered"] == total, one.name
        assert set(counts["keys"]) == {"premium", "standard", "free"}, one.name
