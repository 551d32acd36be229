"""What is deployed is complete, is nothing more than needed, and starts the way the topology says."""

import hashlib
import json
import os
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest

from shared.topology import load_topology
from shared.topology.loading import TOPOLOGY_FILE
from swell.deploy.bundle import Bundle, build_bundles
from tests.deploy.booting import run_in, served

FUNCTIONS = load_topology().functions
PROBE = Path(__file__).with_name("bundle_probe.py")
PROBE_RUNS = 3
# A function may take this many times as long to import as the platform and numpy alone.
# A ratio, since seconds depend on the machine; loose, since one slow library at module level is what it is to catch.
MAX_IMPORT_RATIO = 3.0


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Bundle]:
    """Every bundle of this checkout, built once."""
    return {bundle.name: bundle for bundle in build_bundles(tmp_path_factory.mktemp("bundles"))}


@pytest.fixture(params=FUNCTIONS)
def name(request: pytest.FixtureRequest) -> str:
    """One function of the topology after the other."""
    function: str = request.param
    return function


@pytest.fixture
def unpacked(name: str, bundles: dict[str, Bundle], tmp_path: Path) -> Path:
    """A folder with the content of the function's bundle and nothing else."""
    folder = tmp_path / name
    with zipfile.ZipFile(bundles[name].path) as archive:
        archive.extractall(folder)
    return folder


def probe(folder: Path, name: str) -> dict[str, Any]:
    """Load the bundle in a fresh interpreter and return what it reports."""
    report: dict[str, Any] = json.loads(run_in(folder, str(PROBE), name, FUNCTIONS[name].interface))
    return report


def test_it_loads_alone_with_the_right_signature(name: str, unpacked: Path) -> None:
    """Every module imports from the bundle itself, with nothing set, and the entry point is of the declared kind."""
    report = probe(unpacked, name)

    function = FUNCTIONS[name]
    assert report["signature_type"] == function.signature_type
    assert report["interface"] == function.interface
    for package in report["packages"]:
        assert Path(package).is_relative_to(unpacked)


def test_it_serves_under_the_framework(name: str, unpacked: Path, tmp_path: Path) -> None:
    """It starts, and answers health checks, or refuses a GET where it takes events only."""
    environment = {"SWELL_RUNTIME": "embedded", "SWELL_DATA_DIR": str(tmp_path / "data")}
    function = FUNCTIONS[name]

    with served(unpacked, name, function, environment) as client:
        statuses = {path: client.get(path).status_code for path in load_topology().health_paths}

    expected = 200 if function.trigger == "http" else 405
    assert statuses == dict.fromkeys(load_topology().health_paths, expected)


def test_its_import_time_stays_near_that_of_the_platform(
    name: str, unpacked: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A cold start is not spent on importing what one request may never need."""
    reports = [probe(unpacked, name) for _ in range(PROBE_RUNS)]

    platform_s = min(report["platform_s"] for report in reports)
    function_s = min(report["function_s"] for report in reports)
    ratio = (platform_s + function_s) / platform_s
    with capsys.disabled():
        print(f"\n{name}: platform {platform_s:.2f} s + function {function_s:.2f} s, ratio {ratio:.2f}")  # noqa: T201
    assert ratio <= MAX_IMPORT_RATIO


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


def test_the_same_sources_make_the_same_bytes(tmp_path: Path) -> None:
    """A copy whose files are newer and have other permissions makes the same bundles, byte for byte."""
    root = copy_of_the_sources(tmp_path / "checkout")
    before = build_bundles(tmp_path / "before", root=root)
    for path in root.rglob("*.py"):
        os.utime(path, (2_000_000_000, 2_000_000_000))
        path.chmod(0o755)

    after = build_bundles(tmp_path / "after", root=root)

    assert [bundle.path.read_bytes() for bundle in after] == [bundle.path.read_bytes() for bundle in before]
    for bundle in after:
        content = bundle.path.read_bytes()
        assert (bundle.sha256, bundle.size_bytes) == (hashlib.sha256(content).hexdigest(), len(content))


def test_a_change_reaches_only_the_functions_that_use_it(tmp_path: Path) -> None:
    """Editing one function leaves the bundles of the others as they were: they are not deployed again."""
    root = copy_of_the_sources(tmp_path / "checkout")
    before = {bundle.name: bundle.sha256 for bundle in build_bundles(tmp_path / "before", root=root)}
    with (root / "functions" / "query" / "main.py").open("a") as main:
        main.write("# changed\n")

    after = {bundle.name: bundle.sha256 for bundle in build_bundles(tmp_path / "after", root=root)}

    assert {name for name in FUNCTIONS if before[name] != after[name]} == {"query"}


def copy_of_the_sources(root: Path) -> Path:
    """Copy what bundles are made from, so that a test may change it."""
    checkout = TOPOLOGY_FILE.parent
    for folder in ("functions", "shared"):
        shutil.copytree(checkout / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("requirements.txt", TOPOLOGY_FILE.name):
        shutil.copy(checkout / file, root / file)
    return root
