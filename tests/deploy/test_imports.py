"""What a bundle needs is found from import statements, and there is no other way to import in it."""

import ast
import re
import sys
from collections.abc import Mapping
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from shared.topology import load_topology
from shared.topology.loading import TOPOLOGY_FILE
from swell.deploy.imports import files_needed

ROOT = TOPOLOGY_FILE.parent
FUNCTIONS = load_topology().functions


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Two packages, `shared` with a package inside."""
    for path in ("functions/__init__.py", "shared/__init__.py", "shared/deep/__init__.py", "shared/deep/one.py"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("")
    (tmp_path / "shared/unused.py").write_text("")
    (tmp_path / "shared/two.py").write_text("from shared.deep.one import name\n")
    return tmp_path


@pytest.mark.parametrize(
    ("source", "needed"),
    [
        ("import json\n", set()),
        ("import shared.deep.one\n", {"shared", "shared/deep", "shared/deep/one"}),
        ("from shared.deep import one\n", {"shared", "shared/deep", "shared/deep/one"}),
        ("from shared.deep import some_name\n", {"shared", "shared/deep"}),
        ("from shared import two\n", {"shared", "shared/two", "shared/deep", "shared/deep/one"}),
        ("def late():\n    from shared.deep.one import name\n", {"shared", "shared/deep", "shared/deep/one"}),
        ("import sharedness\nimport swell.cli\n", set()),
    ],
    ids=["none of ours", "dotted", "module by from", "name by from", "indirect", "late", "similar names"],
)
def test_reachable_files_are_found(source: str, needed: set[str], tree: Path) -> None:
    """Every form of import counts, late and indirect ones too, and brings the packages above it along."""
    (tree / "main.py").write_text(source)

    found = files_needed(tree, Path("main.py"))

    modules = {path.with_suffix("").as_posix().removesuffix("/__init__") for path in found}
    assert modules == needed | {"main"}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_nothing_is_imported_by_a_computed_name(name: str) -> None:
    """An import that the bundle cannot see would fail in the cloud only."""
    for path in files_needed(ROOT, Path("functions") / name / "main.py"):
        source = (ROOT / path).read_text(encoding="utf-8")

        assert not re.search(r"\bimport_module\b|\b__import__\b|\brunpy\b", source), path


@pytest.mark.parametrize("name", FUNCTIONS)
def test_no_source_is_read_while_a_function_starts(name: str) -> None:
    """Pydantic would look up each field's description there; generated documents bring their own reader."""
    for path in files_needed(ROOT, Path("functions") / name / "main.py"):
        assert "use_attribute_docstrings" not in (ROOT / path).read_text(encoding="utf-8"), path


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_library_is_in_the_requirements(name: str) -> None:
    """What the function imports from outside is what the platform installs, not what a checkout happens to have."""
    pinned = set(re.findall(r"^([a-z0-9-]+)==", (ROOT / "requirements.txt").read_text(), flags=re.MULTILINE))
    distributions = owners_of_libraries()

    unpinned = {
        library
        for path in files_needed(ROOT, Path("functions") / name / "main.py")
        for library in libraries_in(ROOT / path)
        if not {re.sub(r"[._]", "-", owner).lower() for owner in distributions.get(library, [])} & pinned
    }

    assert unpinned == set()


@cache
def owners_of_libraries() -> Mapping[str, list[str]]:
    """Return the distributions that each importable name comes from."""
    return packages_distributions()


def libraries_in(path: Path) -> set[str]:
    """Return the top-level names that a file imports from outside this repository and the standard library."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return names - set(sys.stdlib_module_names) - {"functions", "shared"}
