"""What is deployed is nothing more than needed, and the same for the same sources."""

import hashlib
import os
import shutil
import zipfile
from pathlib import Path

import pytest

from shared.topology import load_topology
from shared.topology.loading import TOPOLOGY_FILE
from swell.deploy.bundle import Bundle, build_bundles

FUNCTIONS = load_topology().functions


@pytest.fixture(params=FUNCTIONS)
def name(request: pytest.FixtureRequest) -> str:
    """One function of the topology after the other."""
    function: str = request.param
    return function


def test_it_holds_sources_and_nothing_else(name: str, bundles: dict[str, Bundle]) -> None:
    """No test, tool, other function or generated file is shipped; what the platform looks for is at the top."""
    with zipfile.ZipFile(bundles[name].path) as archive:
        names = set(archive.namelist())

    start = {"Procfile"} if FUNCTIONS[name].interface == "server" else set()
    sources = start | {"main.py", "requirements.txt", "topology.yaml", "functions/__init__.py"}
    strange = {path for path in names - sources if not path.startswith((f"functions/{name}/", "shared/"))}

    assert strange == set()
    assert start | {"main.py", "requirements.txt"} <= names
    assert not {path for path in names if "test" in Path(path).name or "__pycache__" in path}


def test_the_same_sources_make_the_same_bytes(bundles: dict[str, Bundle], tmp_path: Path) -> None:
    """A copy whose files are newer and have other permissions makes the same bundles, byte for byte."""
    root = copy_of_the_sources(tmp_path / "checkout")
    for path in root.rglob("*.py"):
        os.utime(path, (2_000_000_000, 2_000_000_000))
        path.chmod(0o755)

    after = build_bundles(tmp_path / "after", root=root)

    assert [bundle.path.read_bytes() for bundle in after] == [bundle.path.read_bytes() for bundle in bundles.values()]
    for bundle in after:
        content = bundle.path.read_bytes()
        assert (bundle.sha256, bundle.size_bytes) == (hashlib.sha256(content).hexdigest(), len(content))


def test_a_change_reaches_only_the_functions_that_use_it(bundles: dict[str, Bundle], tmp_path: Path) -> None:
    """Editing one function leaves the bundles of the others as they were: they are not deployed again."""
    root = copy_of_the_sources(tmp_path / "checkout")
    with (root / "functions" / "query" / "main.py").open("a") as main:
        main.write("# changed\n")

    after = {bundle.name: bundle.sha256 for bundle in build_bundles(tmp_path / "after", root=root)}

    assert {name for name in FUNCTIONS if bundles[name].sha256 != after[name]} == {"query"}


def copy_of_the_sources(root: Path) -> Path:
    """Copy what bundles are made from, so that a test may change it."""
    checkout = TOPOLOGY_FILE.parent
    for folder in ("functions", "shared"):
        shutil.copytree(checkout / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("requirements.txt", TOPOLOGY_FILE.name):
        shutil.copy(checkout / file, root / file)
    return root
