"""Variables and outputs of Terraform: each is said, typed, used and checked, and both environments say it alike."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from shared.topology.loading import TOPOLOGY_FILE

TERRAFORM: Final = TOPOLOGY_FILE.parent / "terraform"
MODULES: Final = TERRAFORM / "modules"

MADE_BY_US: Final[Mapping[str, str]] = {
    "project_id": "checked in modules/deployment",
    "region": "of topology.yaml",
    "regions": "of topology.yaml",
    "location": "of topology.yaml",
    "labels": "checked in modules/deployment",
    "description": "of topology.yaml",
    "backends": "named by modules/edge",
    "network": "a resource of modules/network",
    "topic": "a resource of modules/messaging",
    "push_account": "a resource of modules/identities",
    "readers": "members of modules/identities",
    "writers": "members of modules/identities",
    "builders": "members of modules/identities",
    "invokers": "members of modules/identities",
    "grants": "members and roles of modules/identities",
    "transfer_members": "members of modules/identities",
    "secret_environment": "secrets of modules/cache and modules/deployment",
    "storage_regions": "empty wherever it is used",
    "log_metrics": "tests/deploy/test_alerts.py reads them with the code beside",
}
"""What one module makes for another, or topology.yaml says, is checked where it comes from."""


@dataclass(frozen=True)
class Variable:
    """One declaration."""

    folder: Path
    name: str
    body: str

    @property
    def kind(self) -> str:
        """Its type, as it is written; empty if it has none."""
        found = re.search(r"^  type += (.+)$", self.body, re.MULTILINE)
        return found[1] if found else ""

    @property
    def is_validated(self) -> bool:
        """Whether it says what it takes."""
        return re.search(r"^  validation \{$", self.body, re.MULTILINE) is not None


@cache
def _text(folder: Path) -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.tf")))


def _declared(kind: str, folder: Path) -> Iterator[Variable]:
    for found in re.finditer(rf'^{kind} "(\w+)" \{{\n(.*?)^\}}', _text(folder), re.MULTILINE | re.DOTALL):
        yield Variable(folder, found[1], found[2])


FOLDERS: Final = sorted({path.parent for path in TERRAFORM.glob("*/*/variables.tf")})
VARIABLES: Final = [variable for folder in FOLDERS for variable in _declared("variable", folder)]


def _is_checked_below(variable: Variable) -> bool:
    """Whether it is handed on as it is, to a module that checks it."""
    for module in re.finditer(r'^module "\w+" \{\n(.*?)^\}', _text(variable.folder), re.MULTILINE | re.DOTALL):
        source = re.search(r'source += "(\S+)"', module[1])
        assert source
        called = (variable.folder / source[1]).resolve()
        for handed in re.findall(rf"^  (\w+) += var\.{variable.name}$", module[1], re.MULTILINE):
            below = next(each for each in _declared("variable", called) if each.name == handed)
            if below.is_validated or below.kind == "bool" or _is_checked_below(below):
                return True
    return False


def test_there_are_variables() -> None:
    """The expressions above find them: as many as there are lines that begin one."""
    lines = sum(_text(folder).count('\nvariable "') + _text(folder).startswith('variable "') for folder in FOLDERS)

    assert len(VARIABLES) == lines > 100


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_variable_is_described_typed_and_used(folder: Path) -> None:
    """Terraform itself complains of none of these."""
    rest = "\n".join(path.read_text(encoding="utf-8") for path in folder.glob("*.tf") if path.name != "variables.tf")
    declared = list(_declared("variable", folder))

    assert [
        each.name for each in declared if not re.search(r'^  description += ".{5,}"$', each.body, re.MULTILINE)
    ] == []
    assert [each.name for each in declared if not each.kind] == []
    assert [each.name for each in declared if not re.search(rf"\bvar\.{each.name}\b", rest)] == []


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_variable_says_what_it_takes(folder: Path) -> None:
    """By a validation of its own, or of the module that it is handed to; what we make ourselves needs none."""
    inner = MADE_BY_US if folder.parent == MODULES and folder.name != "deployment" else {}
    unchecked = [
        each.name
        for each in _declared("variable", folder)
        if each.kind != "bool" and each.name not in inner
        if not each.is_validated and not _is_checked_below(each)
    ]

    assert unchecked == []


def test_what_is_left_unchecked_is_still_there() -> None:
    """A reason without its variable misleads."""
    assert MADE_BY_US.keys() - {each.name for each in VARIABLES} == set()


def test_environments_say_the_same_alike() -> None:
    """Terraform has no way to share a root module's declarations, so what both have is held together here."""
    dev, prod = (
        {each.name: each for each in _declared("variable", TERRAFORM / "envs" / name)} for name in ("dev", "prod")
    )
    outputs = [(TERRAFORM / "envs" / name / "outputs.tf").read_text(encoding="utf-8") for name in ("dev", "prod")]
    versions = {path.read_text(encoding="utf-8") for path in TERRAFORM.glob("*/*/versions.tf")}

    both = dev.keys() & prod.keys()
    assert {name for name in both if dev[name].kind != prod[name].kind} == set()
    assert outputs[0] == outputs[1]
    assert len(versions) == 1, "one version of the provider everywhere"


def test_every_output_is_described() -> None:
    """Whoever applies reads it."""
    folders = {path.parent for path in TERRAFORM.glob("*/*/outputs.tf")}

    assert [
        each.name for folder in folders for each in _declared("output", folder) if "description" not in each.body
    ] == []
