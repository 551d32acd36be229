"""A scenario as a k6 script: the same course, popularity and objectives."""

import json
import re
from typing import Any

import pytest

from benchmarks.scenarios.catalog import BadScenario, find_scenario
from benchmarks.scenarios.k6 import k6_script


def options(script: str) -> dict[str, Any]:
    """What k6 would read."""
    found = re.search(r"export const options = (\{.*?\n\});", script, re.DOTALL)
    assert found is not None
    read: dict[str, Any] = json.loads(found[1])
    return read


def test_the_course_is_that_of_the_scenario_at_live_size() -> None:
    """Its peak is the live peak, its stages take the live time, arrivals are open."""
    scenario = find_scenario("world-cup-final")

    run = options(k6_script(scenario))["scenarios"]["world-cup-final"]

    assert run["executor"] == "ramping-arrival-rate"
    assert max(stage["target"] for stage in run["stages"]) == scenario.live.peak_rps
    assert sum(int(stage["duration"].removesuffix("ms")) for stage in run["stages"]) == pytest.approx(30_000, rel=0.01)
    assert run["startRate"] == pytest.approx(scenario.live.peak_rps * 2 / 60, abs=1)


def test_objectives_and_the_abort_rule_are_thresholds() -> None:
    """k6 ends with 99 where one is broken, and stops where too much fails."""
    thresholds = options(k6_script(find_scenario("world-cup-final")))["thresholds"]

    assert thresholds["http_req_duration{expected_response:true}"] == ["p(50)<50", "p(99)<200"]
    assert thresholds["swell_failed"][0] == "rate<=0.05"
    assert thresholds["swell_failed"][1]["abortOnFail"]


def test_keys_are_drawn_as_the_scenario_says() -> None:
    """Four fifths of a hotspot's requests go to its first hundredth."""
    script = k6_script(find_scenario("burst-10x"))

    classes = json.loads(script.split("const classes = ")[1].split(";")[0])
    assert classes == [[10_000.0, 0.8], [1_000_000.0, 1.0]]


def test_what_is_asked_is_the_mix_of_the_scenario() -> None:
    """Searches, filtered ones, writes and deletes, by the share up to each."""
    script = k6_script(find_scenario("balanced"))

    mix = json.loads(script.split("const mix = ")[1].split(";")[0])
    assert mix == [["search", 0.4], ["filtered", 0.5], ["write", 0.95], ["delete", 1.0]]


def test_a_protocol_that_the_script_does_not_speak_is_refused() -> None:
    """Nothing is sent otherwise than the scenario says."""
    with pytest.raises(BadScenario, match="got websocket, allowed in a script for k6: http1"):
        k6_script(find_scenario("world-cup"))
