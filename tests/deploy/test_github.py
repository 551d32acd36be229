"""What GitHub runs for this repository: pinned, allowed little, and the same checks as everywhere."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from shared.topology.loading import TOPOLOGY_FILE

ROOT = TOPOLOGY_FILE.parent
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


@pytest.mark.parametrize(
    ("schema", "files"),
    [
        ("vendor.github-workflows", WORKFLOWS),
        ("vendor.dependabot", [ROOT / ".github" / "dependabot.yml"]),
    ],
    ids=["workflows", "dependabot"],
)
def test_it_fits_the_published_schema(schema: str, files: list[Path]) -> None:
    """As check-jsonschema has it."""
    checker = str(Path(sys.executable).with_name("check-jsonschema"))
    command = [checker, "--builtin-schema", schema, *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert 0 == done.returncode, done.stdout


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_actions_are_pinned_and_rights_are_few(file: Path) -> None:
    """By the hash of a commit, with the version beside it; no job may write but the one that makes a release."""
    text = file.read_text(encoding="utf-8")
    workflow: dict[str, Any] = yaml.safe_load(text)

    uses = re.findall(r"uses: (\S+)(.*)", text)
    assert [action for action, said in uses if not re.fullmatch(r"\s# v\d+\.\d+\.\d+", said)] == []
    assert [action for action, _ in uses if not re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", action)] == []
    assert {"contents": "read"} == workflow["permissions"]
    for name, job in workflow["jobs"].items():
        assert job["timeout-minutes"] <= 30
        assert "permissions" not in job or (file.name, name) == ("release.yml", "bundles")


def test_ci_does_what_everybody_does() -> None:
    """`.ci/run`, whole."""
    jobs: dict[str, Any] = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8"))[
        "jobs"
    ]

    assert ".ci/run" in [step.get("run") for step in jobs["test"]["steps"]]
    assert "./dev docs" in [step.get("run") for step in jobs["docs"]["steps"]]


def test_hooks_run_what_dev_has_installed() -> None:
    """No hook fetches a tool of another version."""
    hooks: dict[str, Any] = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))

    entries = [hook["entry"] for repo in hooks["repos"] for hook in repo["hooks"]]
    assert {"local"} == {repo["repo"] for repo in hooks["repos"]}
    assert all((ROOT / entry.split()[0]).is_file() for entry in entries)
