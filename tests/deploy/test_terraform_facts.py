"""What Terraform knows of functions, against the functions' own code. Needs no terraform."""

import ast
import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from shared.events.registry import EVENTS
from shared.settings import Settings
from shared.topology import load_topology
from shared.topology.loading import TOPOLOGY_FILE
from swell.delivery.cloud_run import CANDIDATE
from swell.deploy.imports import files_needed

ROOT: Final = TOPOLOGY_FILE.parent
TERRAFORM: Final = ROOT / "terraform"
FACTS: Final[Mapping[str, Any]] = yaml.safe_load((TERRAFORM / "functions.yaml").read_text(encoding="utf-8"))
ENVIRONMENT_FILE: Final = TERRAFORM / "modules" / "deployment" / "environment.tf"

ELSEWHERE: Final = {
    "bucket": "buckets names it",
    "data_dir": "runtime embedded",
    "openings_dir": "Cloud Monitoring counts log lines",
    "transfer_dir": "runtime embedded",
    "push_secret": "on emulators, which sign nothing",
    "follows": "streams follow their own region",
    "budget_id": "one budget notifies the topic",
    "only_own_home": "one index update commits for all homes",
}
"""Settings that no deployment sets, and why. Numbers are tuning: their defaults have their reasons in the code, and a
deployment changes them with `tuning`."""

EXPIRING: Final = {
    "shared/auth/key_store.py": {"audit"},
    "shared/erasures/store.py": {"erasures", "shards", "regions"},
    "shared/coordination/ballots.py": {"ballots"},
    "shared/coordination/journal.py": {"entries"},
    "shared/coordination/tasks/desk.py": {"tasks"},
    "shared/coordination/inquiries.py": {"inquiries", "answers"},
    "shared/rollouts/store.py": {"rollouts", "shards"},
    "shared/budget/decision_store.py": {"budget_decisions"},
    "shared/budget/spend_days.py": {"spend_days"},
    "functions/control/reporting/report_store.py": {"reports"},
    "shared/crowds/load_days.py": {"days"},
    "shared/crowds/timeline.py": {"timeline", "timeline_keys"},
    "shared/crowds/prewarms.py": {"prewarms"},
    "shared/transfers/store.py": {"operations"},
    "shared/adapters/google/workflow_runs.py": {"names"},
    "functions/index_update/commits.py": {"commits"},
}
"""The modules that write documents which expire, and the collection groups of these."""


@cache
def _sources(function: str) -> dict[str, ast.Module]:
    """The modules that a function's bundle holds."""
    paths = files_needed(ROOT, Path("functions") / function / "main.py")
    return {path.as_posix(): _parsed(ROOT / path) for path in paths if path.suffix == ".py"}


@cache
def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def _calls(module: ast.Module) -> Sequence[tuple[str, ast.Call]]:
    """The calls of a module, by the last part of what is called."""
    calls = (node for node in ast.walk(module) if isinstance(node, ast.Call))
    return [(getattr(node.func, "id", getattr(node.func, "attr", "")), node) for node in calls]


@cache
def _settings_classes() -> Mapping[str, type[Settings]]:
    """Every Settings class of deployed code, by name."""
    found: dict[str, type[Settings]] = {}
    for folder in ("shared", "functions"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if re.search(r"^class \w+\(.*Settings.*\):", text := path.read_text(encoding="utf-8"), re.MULTILINE):
                names = re.findall(r"^class (\w*Settings)\(", text, re.MULTILINE)
                module = import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
                found |= {name: getattr(module, name) for name in names}
    return found


def _own_classes(function: str) -> set[str]:
    """The Settings classes that a function builds, taken apart into those that declare a field."""
    known = _settings_classes()
    built = {name for module in _sources(function).values() for name, _ in _calls(module) if name in known}
    parts = {part.__name__ for name in built for part in known[name].__mro__ if issubclass(part, Settings)}
    return {part for part in parts if set(known[part].__annotations__) & set(known[part].model_fields)}


def _environment() -> dict[str, set[str]]:
    """The names that environment.tf sets, by the class that it says has them; secrets too."""
    text = ENVIRONMENT_FILE.read_text(encoding="utf-8")
    names: dict[str, set[str]] = {}
    for found in re.finditer(r"^ +(\w*Settings) += \{\n(.*?)^ +\}", text, re.MULTILINE | re.DOTALL):
        names[found[1]] = set(re.findall(r"^ +(SWELL_\w+) +=", found[2], re.MULTILINE))
    for line in re.findall(r"^ +(\w+Settings) += \{\}", text, re.MULTILINE):
        names[line] = set()
    secrets = text[text.index("secret_environment") :]
    names["Settings"] |= set(re.findall(r"(SWELL_REDIS_URL) ", secrets))
    names["RegionSyncSettings"] |= set(re.findall(r"(SWELL_QUERY_KEY) ", secrets))
    return names


def test_terraform_knows_every_function() -> None:
    """And no other."""
    assert set(load_topology().functions) == set(FACTS)


@pytest.mark.parametrize("function", sorted(FACTS))
def test_a_function_gets_the_settings_that_it_reads(function: str) -> None:
    """Neither fewer nor more classes than its code builds."""
    assert _own_classes(function) == set(FACTS[function]["settings"])


def test_every_variable_has_its_field() -> None:
    """A name that no Settings class has would be set for nobody."""
    known = _settings_classes()
    declared = {name: {f"SWELL_{field.upper()}" for field in kind.__annotations__} for name, kind in known.items()}

    strange = {name: names - declared.get(name, set()) for name, names in _environment().items()}

    assert {name: names for name, names in strange.items() if names} == {}


def test_every_field_is_set_or_known_to_keep_its_default() -> None:
    """A new setting that is no number is either given by Terraform, or somebody says why not."""
    known, environment = _settings_classes(), _environment()
    used = {name for facts in FACTS.values() for name in facts["settings"]}
    defaults = {
        field: known[name].model_fields[field].default
        for name in used
        for field in known[name].__annotations__
        if field in known[name].model_fields
    }
    numbers = {field for field, default in defaults.items() if type(default) in {int, float}}
    given = {name.removeprefix("SWELL_").lower() for names in environment.values() for name in names}

    assert defaults.keys() - numbers - given - ELSEWHERE.keys() == set()
    assert ELSEWHERE.keys() - defaults.keys() == set(), "not a setting any more"
    assert ELSEWHERE.keys() & given == set(), "it is given after all"


@pytest.mark.parametrize("function", sorted(FACTS))
def test_a_function_may_publish_what_it_makes(function: str) -> None:
    """The events that its modules construct, and nothing else."""
    classes = {kind.__name__: kind.topic for kind in EVENTS.values()}
    made = {
        classes[name]
        for path, module in _sources(function).items()
        if not path.startswith(("shared/events/", "shared/adapters/"))
        for name, _ in _calls(module)
        if name in classes
    }

    assert made == set(FACTS[function]["publishes"])


@pytest.mark.parametrize("function", sorted(FACTS))
def test_a_function_may_write_only_where_it_does(function: str) -> None:
    """Who never puts an object may not; who never commits state may not, keys apart, which operators make."""
    writes_objects = any(
        name in {"put", "copy_from"} and "objects" in ast.unparse(call.func)
        for path, module in _sources(function).items()
        if not path.startswith("shared/adapters/")
        for name, call in _calls(module)
    )
    commits = {
        path
        for path, module in _sources(function).items()
        if not path.startswith("shared/adapters/") and any(name == "commit" for name, _ in _calls(module))
    }

    assert writes_objects == (FACTS[function]["objects"] == "writes")
    assert bool(commits - {"shared/auth/key_store.py"}) == (FACTS[function]["state"] == "writes")


def test_what_expires_is_removed() -> None:
    """Each module that writes documents which expire has their collections under a TTL policy."""
    writing = {
        path.relative_to(ROOT).as_posix()
        for folder in ("shared", "functions")
        for path in (ROOT / folder).rglob("*.py")
        if "adapters/embedded" not in path.as_posix() and "adapters/stored" not in path.as_posix()
        for name, call in _calls(_parsed(path))
        if name == "Put" and (len(call.args) > 3 or any(word.arg == "expires_at" for word in call.keywords))
    }
    text = (TERRAFORM / "modules" / "state" / "variables.tf").read_text(encoding="utf-8")
    listed = set(re.findall(r'^    "(\w+)",', text[text.index('variable "expiring"') :], re.MULTILINE))

    assert writing == set(EXPIRING)
    assert listed == set().union(*EXPIRING.values())


def test_event_functions_have_dead_letters_and_time() -> None:
    """Each has a subscription, each of which has a dead-letter topic, and a deadline that the function stays below."""
    topology = load_topology()
    for name, function in topology.functions.items():
        subscriptions = topology.subscriptions_of(name)
        assert bool(subscriptions) == (function.trigger == "event"), name
        for subscription in subscriptions.values():
            assert subscription.dead_letter_topic in topology.topics
            assert subscription.dead_letter_topic != subscription.topic
            assert function.timeout_s < subscription.ack_deadline_s <= 600


def test_a_candidate_is_reached_by_its_tag() -> None:
    """The load balancer's canary backend and delivery name it alike."""
    text = (TERRAFORM / "modules" / "deployment" / "variables.tf").read_text(encoding="utf-8")

    assert re.search(rf'variable "candidate_tag" \{{[^}}]*default +=\s"{CANDIDATE}"', text)


def test_nothing_that_serverless_backends_refuse() -> None:
    """Google refuses these where the backend is a serverless NEG; plan and provider do not."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in (TERRAFORM / "modules" / "edge").glob("*.tf"))

    refused = re.compile(
        r"^\s*(health_checks|max_utilization|max_rate\w*|max_connections\w*|balancing_mode|timeout_sec|port_name"
        r"|session_affinity|locality_lb_policy|enforcing_success_rate|success_rate_\w+"
        r"|default_ttl|max_ttl|client_ttl)\b",  # these with cache_mode USE_ORIGIN_HEADERS
        re.MULTILINE,
    )

    assert refused.findall(text) == []


def test_every_rule_that_checkov_skips_has_its_reason() -> None:
    """Behind its name, in the file that lists it."""
    text = (TERRAFORM / "checkov.yaml").read_text(encoding="utf-8")
    skipped = re.findall(r"^  - (CKV\w+)(.*)$", text, re.MULTILINE)

    assert skipped
    assert [name for name, reason in skipped if not re.match(r" # \w.{20,}", reason)] == []


def test_a_setting_of_several_functions_is_declared_once() -> None:
    """Functions that must be told the same agree on its bounds and default; a region's heartbeat is not a stream's."""
    declared: dict[str, list[str]] = {}
    for name, kind in _settings_classes().items():
        for field in set(kind.__annotations__) & set(kind.model_fields):
            declared.setdefault(field, []).append(name)

    assert {field for field, names in declared.items() if len(names) > 1} == {"heartbeat_s"}
