"""What is measured, promised and told (terraform/alerts.yaml), against the code and the runbook."""

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final

import pytest
import yaml

from shared.topology import load_topology
from shared.topology.loading import TOPOLOGY_FILE

ROOT: Final = TOPOLOGY_FILE.parent
WATCH: Final[Mapping[str, Any]] = yaml.safe_load((ROOT / "terraform" / "alerts.yaml").read_text(encoding="utf-8"))
ALERTS: Final[Mapping[str, Any]] = WATCH["alerts"]
OF_GOOGLE: Final = frozenset(
    {
        "firestore.googleapis.com/api/request_count",
        "logging.googleapis.com/log_entry_count",
        "networksecurity.googleapis.com/https/request_count",
        "pubsub.googleapis.com/subscription/dead_letter_message_count",
        "pubsub.googleapis.com/subscription/oldest_unacked_message_age",
        "run.googleapis.com/container/max_request_concurrencies",
        "run.googleapis.com/container/memory/utilizations",
        "run.googleapis.com/container/startup_latencies",
        "workflows.googleapis.com/finished_execution_count",
    }
)
"""cloud.google.com/monitoring/api/metrics_gcp: those that alerts read."""


@cache
def _lines() -> Mapping[str, set[str]]:
    """The fields that each log line can have, by its message."""
    found: dict[str, set[str]] = {}
    for folder in ("shared", "functions"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "log" and len(node.args) >= 2:
                    message = node.args[1]
                    if isinstance(message, ast.Constant):
                        words = {word.arg for word in node.keywords if word.arg is not None}
                        found.setdefault(str(message.value), set()).update(words)
    return found


@pytest.mark.parametrize("name", sorted(WATCH["log_metrics"]))
def test_a_log_metric_reads_a_line_that_is_written(name: str) -> None:
    """Its message is written somewhere, with the fields that it looks at."""
    metric = WATCH["log_metrics"][name]
    fields = {*metric["labels"], *metric.get("where", {}), *metric.get("where_not", {})}
    fields |= {metric["value"]} if "value" in metric else set()

    assert metric["message"] in _lines()
    assert fields <= _lines()[metric["message"]]


def test_every_log_metric_is_looked_at() -> None:
    """By an alert or the dashboard."""
    dashboard = (ROOT / "terraform" / "modules" / "observability" / "dashboard.tf").read_text(encoding="utf-8")
    shown = set(re.findall(r'local\.log\["(\w+)"\]', dashboard))
    told = {rule["log_metric"] for rule in _rules() if "log_metric" in rule}

    assert shown <= set(WATCH["log_metrics"])
    assert set(WATCH["log_metrics"]) == shown | told


def _rules() -> Iterator[Mapping[str, Any]]:
    for alert in ALERTS.values():
        yield from (alert[kind] for kind in ("threshold", "absent") if kind in alert)


def test_an_alert_reads_a_metric_that_there_is() -> None:
    """One of ours, or one of Google's list; labels of ours are those that the metric has."""
    for rule in _rules():
        if "log_metric" in rule:
            labels = set(WATCH["log_metrics"][rule["log_metric"]]["labels"])
            used = set(re.findall(r"metric\.label\.(\w+)", f"{rule.get('where', '')} {rule.get('group_by', '')}"))
            assert used <= labels, rule
        else:
            assert rule["metric"] in OF_GOOGLE


def test_what_is_awaited_is_named_as_it_is_written() -> None:
    """A function that an alert waits for is one of the topology, as it calls itself in its lines."""
    named = set(re.findall(r'function="(\w+)"', " ".join(str(rule.get("where")) for rule in _rules())))

    assert named
    assert named <= set(load_topology().functions)


def test_every_promise_has_a_fast_alert() -> None:
    """Its budget burns over a long and a short window; what burns slowly is told too, where it matters most."""
    burns = [alert["burn"] for alert in ALERTS.values() if "burn" in alert]

    assert {burn["slo"] for burn in burns if burn["rate"] >= 10} == set(WATCH["slos"])
    assert all(int(burn["long"][:-1]) == 12 * int(burn["short"][:-1]) for burn in burns)


@pytest.mark.parametrize("name", sorted(ALERTS))
def test_an_alert_has_a_section_in_the_runbook(name: str) -> None:
    """Under its name, to which the notification links, with what it means and the commands to begin with."""
    runbook = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
    section = re.search(rf"^### {name}\n(.*?)(?=^##|\Z)", runbook, re.MULTILINE | re.DOTALL)

    assert section, f"docs/runbook.md has no section '### {name}'"
    assert ALERTS[name]["meaning"] in section[1].replace("\n", " ")
    assert [command for command in ALERTS[name]["first"] if command not in section[1]] == []


def test_the_runbook_has_no_section_of_an_alert_that_is_gone() -> None:
    """A name that nobody is told of misleads."""
    runbook = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
    sections = runbook[runbook.index("## Alerts") :]

    assert set(re.findall(r"^### (\w+)$", sections, re.MULTILINE)) == set(ALERTS)
