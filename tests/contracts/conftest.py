"""Every implementation of each port, by name."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from shared.ports.objects import ObjectStore
from shared.ports.state import StateStore
from tests.fakes.clock import FrozenClock
from tests.fakes.objects import InMemoryObjects
from tests.fakes.state import InMemoryState

T = TypeVar("T")
Opened = Iterator[T]


@pytest.fixture
def clock() -> FrozenClock:
    """The clock that the stores of a test read."""
    return FrozenClock()


@pytest.fixture(params=["memory", "sqlite", pytest.param("firestore", marks=pytest.mark.emulators)])
def state(request: pytest.FixtureRequest, tmp_path: Path, clock: FrozenClock) -> Opened[StateStore]:
    """An empty state store."""
    openers: dict[str, Callable[[], Opened[StateStore]]] = {
        "memory": lambda: iter([InMemoryState(clock=clock)]),
        "sqlite": lambda: _sqlite(tmp_path, clock),
        "firestore": lambda: _firestore(request.getfixturevalue("google_project"), clock),
    }
    yield from openers[request.param]()


@pytest.fixture(params=["memory", "directory", pytest.param("storage", marks=pytest.mark.emulators)])
def objects(request: pytest.FixtureRequest, tmp_path: Path) -> Opened[ObjectStore]:
    """An empty object store."""
    openers: dict[str, Callable[[], Opened[ObjectStore]]] = {
        "memory": lambda: iter([InMemoryObjects()]),
        "directory": lambda: _directory(tmp_path),
        "storage": lambda: _storage(request.getfixturevalue("google_project")),
    }
    yield from openers[request.param]()


def _sqlite(directory: Path, clock: FrozenClock) -> Opened[StateStore]:
    from shared.adapters.embedded.state import SqliteState  # noqa: PLC0415 - only what is tested

    store = SqliteState(directory / "state.db", clock=clock)
    yield store
    store.close()


def _firestore(project: str, clock: FrozenClock) -> Opened[StateStore]:
    from shared.adapters.google.state import FirestoreState  # noqa: PLC0415 - only what is tested

    store = FirestoreState(project, clock=clock)
    yield store
    store.close()


def _directory(directory: Path) -> Opened[ObjectStore]:
    from shared.adapters.embedded.objects import DirectoryObjects  # noqa: PLC0415 - only what is tested

    yield DirectoryObjects(directory / "objects")


def _storage(project: str) -> Opened[ObjectStore]:
    from google.cloud.storage import Client  # noqa: PLC0415 - only what is tested

    from shared.adapters.google.objects import GoogleObjects  # noqa: PLC0415 - only what is tested

    admin = Client(project=project)
    admin.create_bucket(project)  # the emulator knows buckets by name alone
    admin.close()
    store = GoogleObjects(project, project)
    yield store
    store.close()
