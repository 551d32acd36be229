"""One browser for all tests of the page."""

import shutil
from collections.abc import Iterator

import pytest

from benchmarks.reports.printing import BROWSERS
from tests.unit.swell.dashboard.browser import Page, browser


@pytest.fixture(scope="session")
def shared_browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """Its page is that of the module that runs."""
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        pytest.skip("no Chromium on this machine: it draws the page")
    with browser(program, tmp_path_factory.mktemp("browser") / "profile") as page:
        yield page
