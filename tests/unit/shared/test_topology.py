"""`topology.yaml` is refused with the place, the value and what is allowed, or is consistent in itself."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

import pytest
import yaml
from croniter import croniter
from jsonschema import Draft202012Validator

from shared.errors import ConfigurationError
from shared.events.registry import EVENTS
from shared.topology import Topology, load_topology, read_topology
from shared.topology.loading import TOPOLOGY_FILE
from swell.deploy.topology_schema import SCHEMA_FILE, render

CASES = Path(__file__).parent / "topology_cases"
GOOD = CASES / "good.yaml"
BAD = sorted((CASES / "bad").glob("*.yaml"))


@pytest.fixture(params=BAD, ids=[path.stem for path in BAD])
def bad(request: pytest.FixtureRequest) -> dict[str, Any]:
    """One broken rule: the patch that breaks it, who refuses it, and what must be said."""
    case = load(request.param)
    return {**case, "document": merged(load(GOOD), case["patch"])}


def load(path: Path) -> dict[str, Any]:
    """Return a YAML file as it is."""
    document: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return document


def merged(document: Any, patch: Any) -> Any:
    """Apply a merge patch (RFC 7396)."""
    if not isinstance(patch, dict):
        return patch
    document = dict(document) if isinstance(document, dict) else {}
    for key, value in patch.items():
        if value is None:
            document.pop(key, None)
        else:
            document[key] = merged(document.get(key), value)
    return document


@cache
def schema() -> Draft202012Validator:
    """Return a validator for the schema file."""
    return Draft202012Validator(json.loads(SCHEMA_FILE.read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", [TOPOLOGY_FILE, GOOD], ids=["the topology", "the smallest one"])
def test_a_good_file_is_accepted_by_schema_and_rules(path: Path) -> None:
    """A consistent file loads, and the schema for editors has nothing against it."""
    topology = read_topology(path)

    assert isinstance(topology, Topology)
    assert list(schema().iter_errors(load(path))) == []


def test_a_bad_file_is_refused_by_name(bad: dict[str, Any], tmp_path: Path) -> None:
    """Each broken rule is reported with its place, the value and what is allowed."""
    path = tmp_path / "topology.yaml"
    path.write_text(yaml.safe_dump(bad["document"]), encoding="utf-8")

    with pytest.raises(ConfigurationError) as refusal:
        read_topology(path)

    assert bad["message"] in str(refusal.value)
    assert str(path) in str(refusal.value)


def test_the_schema_refuses_what_is_wrong_in_one_place(bad: dict[str, Any]) -> None:
    """An editor marks every structural fault; only rules between entries are left to the loader."""
    refused = bool(list(schema().iter_errors(bad["document"])))

    assert (bad["refused_by"] == "schema") == refused


def test_every_problem_is_reported_at_once(tmp_path: Path) -> None:
    """Nobody has to repair a file one error at a time."""
    path = tmp_path / "topology.yaml"
    patch = {"home_region": "us-west1", "regions": {"us-east1": {"tier": "tier_3", "hub": "mars-north1"}}}
    path.write_text(yaml.safe_dump(merged(load(GOOD), patch)), encoding="utf-8")

    with pytest.raises(ConfigurationError) as refusal:
        read_topology(path)

    for place in ("home_region:", "regions.us-east1.tier:", "regions.us-east1.hub:"):
        assert place in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("home_region: a\nhome_region: b\n", "duplicate key 'home_region'"),
        ("tiers: {a: {x: 1, x: 2}}\n", "duplicate key 'x'"),
        ("regions: [\n", "expected (the )?node content"),
        ("", "Input should be a valid dictionary"),
        ("[" * 400_000, "got 65 lists and mappings within each other, allowed: 64"),
        ("? [a]\n: b\n", "got a key \\['a'\\]"),
        ("home_region: 2026-13-45\n", "got a value that its tag does not allow, such as a date"),
        ("home_region: !!bool perhaps\n", "got a value that its tag does not allow"),
    ],
    ids=["key twice", "nested key twice", "not YAML", "empty", "nested without end", "a list as key", "date", "tag"],
)
def test_a_file_that_is_not_one_mapping_is_refused(text: str, message: str, tmp_path: Path) -> None:
    """Unreadable text and keys that would silently overwrite each other are refused."""
    path = tmp_path / "topology.yaml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(ConfigurationError, match=message):
        read_topology(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """The error says which file was looked for."""
    with pytest.raises(ConfigurationError, match=r"nowhere\.yaml"):
        read_topology(tmp_path / "nowhere.yaml")


def test_the_schema_file_is_the_generated_one() -> None:
    """The committed schema is what `python -m swell.deploy.topology_schema` writes."""
    assert render() == SCHEMA_FILE.read_text(encoding="utf-8")


def test_the_schema_describes_every_field() -> None:
    """Whoever edits the file finds each field explained."""
    document = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    objects = {"Topology": document, **document["$defs"]}

    undescribed = [
        f"{name}.{field}"
        for name, definition in objects.items()
        for field, description in definition["properties"].items()
        if "description" not in description
    ]

    assert undescribed == []


def test_fifteen_regions_in_two_tiers() -> None:
    """Five hubs of the first tier, and ten regions of the second that each name a hub."""
    regions = load_topology().regions

    hubs = {name for name, region in regions.items() if region.tier == "tier_1"}

    assert len(regions) == 15
    assert len(hubs) == 5
    assert hubs == {name for name, region in regions.items() if region.hub is None}


def test_numbers_mean_the_same_to_every_reader_of_yaml() -> None:
    """YAML 1.2, which Terraform reads, takes 604_800 for a text."""
    numbers = re.findall(r"^\s*\w+: *([0-9_]+)", TOPOLOGY_FILE.read_text(encoding="utf-8"), flags=re.MULTILINE)

    assert len(numbers) > 50
    assert [number for number in numbers if "_" in number] == []


def test_no_health_path_is_one_that_cloud_run_keeps() -> None:
    """Paths that end with z may not reach the container."""
    assert [path for path in load_topology().health_paths if path.endswith("z")] == []


def test_every_event_has_its_topic() -> None:
    """What a contract is published to exists."""
    assert {event.topic for event in EVENTS.values()} <= set(load_topology().topics)


def test_every_schedule_can_be_run() -> None:
    """Cron fields and time zones mean something to those who run them."""
    for schedule in load_topology().schedules.values():
        assert croniter.is_valid(schedule.cron)
        assert schedule.time_zone in available_timezones()


def test_a_loaded_topology_cannot_be_changed() -> None:
    """One process reads one topology and keeps it."""
    with pytest.raises(ValueError, match="frozen"):
        load_topology().home_region = "us-east1"  # type: ignore[misc]


def test_aliases_are_refused(tmp_path: Path) -> None:
    """A few lines of them would stand for more than memory holds, as soon as an error shows what it got."""
    lines = ["a0: &a0 [x, x]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12))]
    path = tmp_path / "topology.yaml"
    path.write_text("\n".join(lines))

    with pytest.raises(ConfigurationError, match="aliases are not allowed"):
        read_topology(path)
