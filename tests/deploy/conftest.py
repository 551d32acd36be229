"""The bundles of this checkout."""

import pytest

from swell.deploy.bundle import Bundle, build_bundles
from tests.deploy.terraforming import missing, provider


@pytest.fixture(scope="session")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Bundle]:
    """Every bundle of this checkout, built once."""
    return {bundle.name: bundle for bundle in build_bundles(tmp_path_factory.mktemp("bundles"))}


def pytest_report_header() -> str:
    """Say which provider Terraform's plans are checked with, and where they are left out."""
    if absent := missing():
        return f"terraform: plans are left out, {absent}"
    return f"terraform: the provider {'of this machine' if provider() else 'that terraform init downloads'}"
