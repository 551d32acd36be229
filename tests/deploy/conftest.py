"""The bundles of this checkout."""

import pytest

from swell.deploy.bundle import Bundle, build_bundles


@pytest.fixture(scope="session")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Bundle]:
    """Every bundle of this checkout, built once."""
    return {bundle.name: bundle for bundle in build_bundles(tmp_path_factory.mktemp("bundles"))}
