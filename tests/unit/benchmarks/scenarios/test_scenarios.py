"""Scenarios are data: each file is one, the schema is that of the models, and courses and caches are arithmetic."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer

from benchmarks.scenarios import readers
from benchmarks.scenarios.arrival import Flash, Hotspot, Periodic, Ramp, Stage, Trace, Uniform, Zipf
from benchmarks.scenarios.catalog import DIRECTORY, GROUPS, BadScenario, find_scenario, names
from benchmarks.scenarios.course import Course, factors, read_course
from benchmarks.scenarios.model import Scenario
from benchmarks.scenarios.popularity import hit_share, weights
from benchmarks.scenarios.schema import SCHEMA_FILE, render
from benchmarks.scenarios.table import PAGE, put_into
from shared.topology import load_topology
from shared.topology.models import Entry
from swell.cli.main import app

SEEDS_OWN = {
    "baseline-500m", "baseline-100m", "burst-10x", "burst-25x", "burst-50x", "region-failover",
    "multi-region-failover", "cold-start", "read-heavy", "write-heavy", "balanced", "world-cup", "black-friday",
    "daily-peak", "database-failover",
}  # fmt: skip


def test_every_file_is_the_scenario_of_its_name() -> None:
    """A scenario is found by its name, whichever engine asks."""
    found = {path.stem: find_scenario(path.stem) for path in DIRECTORY.glob("*.yaml")}

    assert {name: one.name for name, one in found.items()} == {name: name for name in found}
    assert set(names()) >= SEEDS_OWN | {"world-cup-final", "reconnect-storm", "mass-exit"}
    assert {one.group for one in found.values()} == set(GROUPS)


def test_the_schema_is_that_of_the_models() -> None:
    """`python -m benchmarks.scenarios.schema` writes it."""
    assert SCHEMA_FILE.read_text("utf-8") == render()


def test_a_field_that_is_not_allowed_is_named(tmp_path: Path) -> None:
    """Field, what was given, what is allowed."""
    text = (DIRECTORY / "baseline-500m.yaml").read_text("utf-8").replace("duration_min: 180", "duration_min: 0")
    broken = tmp_path / "broken.yaml"
    broken.write_text(text, "utf-8")

    with pytest.raises(BadScenario, match=r"duration_min: Input should be greater than or equal to 1 \(got '0'\)"):
        find_scenario(str(broken))


def test_a_name_that_is_none_lists_those_that_are() -> None:
    """What can be rehearsed is in the message."""
    with pytest.raises(BadScenario, match="world-cup-final"):
        find_scenario("no-such-scenario")


@pytest.mark.parametrize(
    ("arrival", "expected"),
    [
        (
            Ramp(kind="ramp", stages=(Stage(minutes=10, factor=3), Stage(minutes=10, factor=5, at_once=True))),
            {-5: 1, 0: 1, 5: 2, 11: 5, 90: 5},
        ),
        (
            Flash(kind="flash", at_min=10, peak=9, ramp_min=2, hold_min=10, half_life_min=5),
            {10: 1, 11: 5, 12: 9, 22: 9, 27: 5, 32: 3},
        ),
        (Periodic(kind="periodic", factor=4, every_min=60, spike_min=20, first_min=30), {0: 1, 30: 4, 49: 4, 51: 1}),
        (Trace(kind="trace", file="worldcup98-1998-06-30.csv", peak=10), {220: 10}),
        (Trace(kind="trace", file="worldcup98-1998-06-30.csv", peak=10, compress=10), {22: 10}),
    ],
    ids=["ramp", "flash", "periodic", "trace", "trace compressed"],
)
def test_a_course_is_what_it_says(arrival: Ramp | Flash | Periodic | Trace, expected: dict[float, float]) -> None:
    """Multiples of the base at minutes since the start."""
    at = np.array(list(expected), np.float64)

    assert factors(arrival, at) == pytest.approx(list(expected.values()), rel=1e-3)


def test_the_base_is_shared_by_tier_and_the_excess_by_the_crowd() -> None:
    """80 M streams in a hub, 10 M elsewhere; a crowd comes where the scenario says."""
    course = Course.of(find_scenario("world-cup-final"), load_topology())
    calm, peak = course.streams(np.array([0.0, 180.0]))

    assert peak.sum() == pytest.approx(30e9)
    assert calm[course.regions.index("asia-northeast1")] == pytest.approx(80e6, rel=0.05)
    assert peak[course.regions.index("europe-west1")] / peak.sum() == pytest.approx(0.43, abs=0.02)


def test_regions_that_the_topology_does_not_have_are_refused() -> None:
    """A scenario for another deployment says so before it is played."""
    topology = load_topology().limited_to(["us-central1", "europe-west1"])

    with pytest.raises(BadScenario, match="southamerica-east1"):
        Course.of(find_scenario("world-cup-final"), topology)


@pytest.mark.parametrize(("alpha", "top"), [(0.7, 0.23), (0.99, 0.61), (1.2, 0.85)])
def test_zipf_is_bounded_and_has_the_known_shares(alpha: float, top: float) -> None:
    """Of 100,000 keys the top hundredth takes 23, 61 and 85 % (computed apart, from the definition)."""
    counts, chances = weights(Zipf(kind="zipf", keys=100_000, alpha=alpha))
    hottest = np.cumsum(counts) <= 1000

    assert counts.sum() == 100_000
    assert (counts * chances).sum() == pytest.approx(1.0)
    assert (counts * chances)[hottest].sum() == pytest.approx(top, abs=0.02)


def test_a_cache_answers_what_popularity_allows() -> None:
    """Uniform keys: as much as is kept. Skewed ones: more. All kept: all."""
    keys = 100_000

    assert hit_share(Uniform(kind="uniform", keys=keys), 10_000) == pytest.approx(0.1, abs=0.01)
    assert hit_share(Hotspot(kind="hotspot", keys=keys), 10_000) > 0.8
    assert hit_share(Zipf(kind="zipf", keys=keys, alpha=0.99), keys) == 1.0
    assert hit_share(Zipf(kind="zipf", keys=keys, alpha=0.99), 0) == 0.0


def test_the_course_of_the_day_follows_the_longitude() -> None:
    """Where it is evening, more is asked than where it is morning."""
    course = Course.of(find_scenario("baseline-500m"), load_topology())
    streams = course.streams(np.array([0.0]))[0] / course.base / course.scenario.streams
    by_region = dict(zip(course.regions, streams, strict=True))

    assert by_region["asia-northeast1"] > 1.2
    assert by_region["us-west1"] < 0.9
    assert replace(course, longitudes=course.longitudes * 0).days(np.array([480.0]))[0] == pytest.approx(1.3)


def test_the_page_has_the_scenarios_as_they_are() -> None:
    """`python -m benchmarks.scenarios.table` writes them into docs/rehearsal.md, `…readers` who reads their fields."""
    page = PAGE.read_text("utf-8")

    assert put_into(page) == page
    assert readers.put_into(page) == page


def test_commands_that_are_named_before_and_after_are_there() -> None:
    """Who is told to look somewhere can."""
    told = " ".join(line for name in names() for one in [find_scenario(name)] for line in _around(one))

    commands = re.findall(r"`swell ([a-z -]+)`", told)
    assert len(set(commands)) >= 5
    for command in commands:
        found: Any = typer.main.get_command(app)
        for word in command.split():
            assert word in found.commands, command
            found = found.commands[word]


def _around(scenario: Scenario) -> tuple[str, ...]:
    return scenario.pre_checks + scenario.post_analysis


def test_every_field_has_a_reader_and_the_page_knows_which() -> None:
    """A field that is added is read by somebody, or by nobody for a reason; none is told that is not there."""
    told = {field for fields in readers.READERS for field in fields.split(", ")}
    fields = set(Scenario.model_fields)
    for parent in {field.partition(".")[0] for field in told if "." in field}:
        model = Scenario.model_fields[parent].annotation
        assert isinstance(model, type)
        assert issubclass(model, Entry)
        fields |= {f"{parent}.{part}" for part in model.model_fields}
        fields.discard(parent)

    assert told == fields
    for named, each in readers.READERS.items():
        assert any(not what.startswith(readers.NO) for what in each), named


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("seed: 2\nseed: 3\n", "duplicate key 'seed'"),
        ("a: &a [x]\nb: *a\n", "aliases are not allowed"),
        ("a: " + "[" * 400_000, "got 65 lists and mappings within each other, allowed: 64"),
        ("seed: " + "9" * 5000, "a value that its tag does not allow"),
        ("a: 2026-13-45T00:00:00Z", "such as a date: month"),
        (
            "calendar: [{name: e, kind: other, start_min: .nan, duration_min: 1, weights: {us-central1: 1}}]",
            "start_min",
        ),
        ("faults: [{kind: cold_caches, at_min: 1, for_min: .inf}]", "for_min: Input should be less than"),
        ("arrival: {kind: trace, file: ../secret.csv, peak: 2}", "arrival.trace.file"),
    ],
    ids=["twice", "alias", "deep", "long number", "no month", "nan", "for ever", "outside"],
)
def test_what_yaml_can_do_is_one_sentence(tmp_path: Path, given: str, told: str) -> None:
    """No traceback, nothing that is silently the last of two."""
    (tmp_path / "bad.yaml").write_text(given, "utf-8")

    with pytest.raises(BadScenario, match=re.escape(told)):
        find_scenario(str(tmp_path / "bad.yaml"))


@pytest.mark.parametrize("year", ["0001", "9999"])
def test_a_start_out_of_all_calendars_is_refused(tmp_path: Path, year: str) -> None:
    """Its UTC may be no moment."""
    text = (DIRECTORY / "baseline-500m.yaml").read_text("utf-8").replace("2026-07-15", f"{year}-07-15")
    (tmp_path / "bad.yaml").write_text(text, "utf-8")

    with pytest.raises(BadScenario, match=r"starts_at: got .* allowed: 2000 to 2199"):
        find_scenario(str(tmp_path / "bad.yaml"))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"minute,multiple\n0,1\n",
        b"minute,multiple\n1,1\n0,2\n",
        b"minute,multiple\n0,0\n1,0\n",
        b"minute,multiple\n0,nan\n1,2\n",
        b"minute,multiple\n0,-1\n1,2\n",
        b"minute,multiple\n0\n1,2\n",
        b"minute,load\n0,1\n1,2\n",
        b"\xff\xfe\x00",
    ],
    ids=["empty", "one row", "backwards", "only 0", "nan", "negative", "a row cut short", "another column", "no text"],
)
def test_a_damaged_course_is_one_sentence(tmp_path: Path, content: bytes) -> None:
    """It names the field and what is allowed, before anything is played."""
    (tmp_path / "damaged.csv").write_bytes(content)

    with pytest.raises(BadScenario, match=r"arrival.file: got 'damaged.csv'.* allowed: two rows or more of minute"):
        read_course("damaged.csv", tmp_path)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("budget: {hour: .inf}", r"budget\.hour: Input should be less than or equal to 1000000000 \(got 'inf'\)"),
        ("budget: {approved_per_hour: .nan}", r"budget\.approved_per_hour: .*\(got 'nan'\)"),
        ("objectives: {cost_dollars: .inf}", r"objectives\.cost_dollars: .*\(got 'inf'\)"),
        ("objectives: {recovery_s: .inf}", r"objectives\.recovery_s: .*172800 \(got 'inf'\)"),
        ("objectives: {}", r"objectives: got none, allowed: one or more of p50_ms, "),
        ("popularity: {kind: drifting, turnover_min: .inf}", r"turnover_min: .*10080 \(got 'inf'\)"),
        ("duration_min: 1.0e-9", r"duration_min: .*greater than or equal to 1 \(got '1e-09'\)"),
        (f"seed: {10**30}", r"seed: .*4294967295 \(got '1000000"),
        ('title: "red \\e[31m"', "title: String should match pattern"),
        ('pre_checks: ["two\\nlines"]', r"pre_checks\.0: String should match pattern"),
    ],
)
def test_what_is_absurd_is_told_by_field_value_and_limit(line: str, message: str, tmp_path: Path) -> None:
    """Nothing infinite, no control characters, no promise of nothing."""
    key = line.partition(":")[0]
    text = re.sub(
        rf"^{key}:.*(\n +.*)*\n", "", (DIRECTORY / "baseline-500m.yaml").read_text("utf-8"), flags=re.MULTILINE
    )
    broken = tmp_path / "broken.yaml"
    broken.write_text(f"{text}{line}\n", "utf-8")

    with pytest.raises(BadScenario, match=message):
        find_scenario(str(broken))
