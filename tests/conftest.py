"""What every suite may ask for: Google's emulators, and a project of one's own on them."""

import os
import sys
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings

from swell.local.emulators import Emulators
from tests import redis_server, spreading

# How long an example takes says how busy the machine is, and nothing of what is tested.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def emulators_present() -> None:
    """Skip where the emulators are not installed; in CI that is a failure."""
    if absent := Emulators.missing():
        reason = f"emulators: missing {'; '.join(absent)}"
        if os.environ.get("CI") == "true":  # noqa: TID251 - the one thing that only the environment knows
            pytest.fail(reason)
        pytest.skip(reason)


@pytest.fixture(scope="session")
def emulators(emulators_present: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulators]:
    """All three, started once in a run."""
    with Emulators.start(tmp_path_factory.mktemp("emulators")) as running:
        yield running


@pytest.fixture
def google_project(emulators: Emulators, monkeypatch: pytest.MonkeyPatch) -> str:
    """A project nobody has used, and the variables that lead Google's clients to it for one test."""
    for name, value in emulators.environment.items():
        monkeypatch.setenv(name, value)
    return f"test-{uuid4().hex[:16]}"


@pytest.fixture(scope="session")
def redis_present() -> None:
    """Skip where there is no redis-server; in CI that is a failure."""
    if redis_server.missing():
        reason = "redis: redis-server is not installed"
        if os.environ.get("CI") == "true":  # noqa: TID251 - the one thing that only the environment knows
            pytest.fail(reason)
        pytest.skip(reason)


@pytest.fixture(scope="session")
def redis_url(redis_present: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Redis that is started once in a run."""
    with redis_server.RedisServer(tmp_path_factory.mktemp("redis")).running() as server:
        yield server.url


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> spreading.ByGroup | None:
    """Who shares a server goes to one process."""
    return spreading.scheduler(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where several processes run the tests, what takes long goes first."""
    if hasattr(config, "workerinput"):
        items[:] = spreading.in_order(items)


_exit_status = pytest.StashKey[int]()


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Remember how the run ended."""
    session.config.stash[_exit_status] = int(exitstatus)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """End the process at once: a native library was seen to crash while the interpreter was torn down."""
    if _exit_status in config.stash:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(config.stash[_exit_status])
