"""How a suite is spread over processes: who shares a server is in one, and who takes long is first."""

import re
from collections import Counter
from pathlib import PurePosixPath
from typing import Any, Final

import pytest
from xdist.scheduler import LoadScopeScheduling

RUNTIME: Final = re.compile(r"(?<=[\[-])(embedded|emulators)(?=[\]-])")
"""As it stands among the parameters of a test."""
SHARED_SERVER: Final = PurePosixPath("tests/e2e/shared_server")
LONGEST_FIRST: Final = (
    "tests/e2e/test_home_moves.py[emulators]",
    "tests/e2e/shared_server[emulators]",
    "tests/e2e/test_demo.py[emulators]",
    "tests/e2e/test_crowd_story.py",
    "tests/e2e/test_crash.py",
    "tests/e2e/test_home_moves.py[embedded]",
    "tests/e2e/test_regions.py",
)
"""Groups of few tests: at the end of a run they would leave one process at work when the others have nothing left."""


def group_of(nodeid: str) -> str:
    """Those with the same answer share what is started for them: the tests of a file, or of a folder, and a runtime."""
    file, _, test = nodeid.partition("::")
    path = PurePosixPath(file)
    place = path.parent if path.parent == SHARED_SERVER else path
    runtime = RUNTIME.search(test)
    return f"{place}[{runtime[0]}]" if runtime else f"{place}"


def in_order(items: list[pytest.Item]) -> list[pytest.Item]:
    """Those that are known to take long, then the groups of many tests, and the groups of few to fill what is left."""
    groups = {item: group_of(item.nodeid) for item in items}
    sizes = Counter(groups.values())
    ranks = {group: rank for rank, group in enumerate(LONGEST_FIRST)}
    return sorted(items, key=lambda item: (ranks.get(groups[item], len(ranks)), -sizes[groups[item]]))


class ByGroup(LoadScopeScheduling):  # type: ignore[misc] # pytest-xdist has no types
    """Gives groups to the processes of pytest-xdist, in the order of their first tests."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)


def scheduler(config: pytest.Config, log: Any) -> ByGroup | None:
    """What `--dist loadfile` means here."""
    if config.getoption("dist") != "loadfile":
        return None
    config.option.loadscopereorder = False  # the order is ours
    return ByGroup(config, log)
