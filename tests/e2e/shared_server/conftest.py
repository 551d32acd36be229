"""A running Swell: embedded, and on the emulators with every function in its own process."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from swell.local.embedded import run_embedded
from swell.local.emulated import run_on_emulators
from swell.local.running import RunningSwell


@pytest.fixture(scope="package", params=["embedded", pytest.param("emulators", marks=pytest.mark.emulators)])
def swell(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSwell]:
    """One Swell a runtime for all tests of this folder, which use collections of their own."""
    data_dir: Path = tmp_path_factory.mktemp(request.param)
    if request.param == "emulators":
        request.getfixturevalue("emulators_present")
    run = run_embedded if request.param == "embedded" else run_on_emulators
    with run(data_dir) as running:
        yield running


@pytest.fixture
def http(swell: RunningSwell) -> Iterator[httpx.Client]:
    """A client of the front door."""
    with httpx.Client(base_url=swell.url, timeout=60) as client:
        yield client
