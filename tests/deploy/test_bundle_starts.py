"""A bundle is complete: alone in an empty environment it starts, and quickly."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from shared.topology import load_topology
from swell.deploy.bundle import Bundle
from tests.deploy.booting import run_in, served

FUNCTIONS = load_topology().functions
PROBE = Path(__file__).with_name("bundle_probe.py")
PROBE_RUNS = 2
# A function may take this many times as long to import as the platform and numpy alone.
# A ratio of processor time within one run, since seconds depend on the machine and its other work;
# loose, since one slow library at module level is what it is to catch.
MAX_IMPORT_RATIO = 3.0


@pytest.fixture(params=FUNCTIONS, scope="module")
def name(request: pytest.FixtureRequest) -> str:
    """One function of the topology after the other."""
    function: str = request.param
    return function


@pytest.fixture(scope="module")
def unpacked(name: str, bundles: dict[str, Bundle], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the content of the function's bundle and nothing else."""
    folder = tmp_path_factory.mktemp(name)
    with zipfile.ZipFile(bundles[name].path) as archive:
        archive.extractall(folder)
    return folder


@pytest.fixture(scope="module")
def reports(name: str, unpacked: Path) -> list[dict[str, Any]]:
    """What fresh interpreters report that load the bundle, one after the other."""
    return [json.loads(run_in(unpacked, str(PROBE), name, FUNCTIONS[name].interface)) for _ in range(PROBE_RUNS)]


def test_it_loads_alone_with_the_right_signature(name: str, unpacked: Path, reports: list[dict[str, Any]]) -> None:
    """Every module imports from the bundle itself, with nothing set, and the entry point is of the declared kind."""
    function, report = FUNCTIONS[name], reports[0]

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
    name: str, reports: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    """A cold start is not spent on importing what one request may never need."""
    ratio, platform_s, function_s = min(
        (1 + report["function_s"] / report["platform_s"], report["platform_s"], report["function_s"])
        for report in reports
    )
    with capsys.disabled():
        print(f"\n{name}: platform {platform_s:.2f} s + function {function_s:.2f} s, ratio {ratio:.2f}")  # noqa: T201
    assert ratio <= MAX_IMPORT_RATIO
