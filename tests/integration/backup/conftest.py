"""A deployment with two shards of records, and an empty place for backups."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from shared.adapters.opening import Adapters
from shared.domain.paths import collection_document
from swell.backup.contents import Backup
from swell.backup.creating import CreateBackup
from swell.backup.moving import Mover, through_here
from swell.backup.restoring import RestoreCollection, Restored
from tests.builders.interference import Interfere, InterferedObjects, InterferedState
from tests.builders.pipeline import Pipeline
from tests.fakes.clock import FrozenClock
from tests.fakes.objects import InMemoryObjects
from tests.fakes.publisher import RecordingPublisher
from tests.fakes.state import InMemoryState


def _nothing(_: str) -> None:
    """Nothing interferes."""


@dataclass
class BackedUp:
    """A live pipeline, a place for backups, and every call of theirs for the test to interfere with."""

    pipeline: Pipeline
    clock: FrozenClock
    place: InMemoryObjects = field(default_factory=InMemoryObjects)
    copied_bytes: int = 0

    @property
    def state(self) -> InMemoryState:
        """The live state."""
        assert isinstance(self.pipeline.adapters.state, InMemoryState)
        return self.pipeline.adapters.state

    @property
    def objects(self) -> InMemoryObjects:
        """The live bucket."""
        assert isinstance(self.pipeline.adapters.objects, InMemoryObjects)
        return self.pipeline.adapters.objects

    def back_up(self, interfere: Interfere = _nothing) -> Backup:
        """Make a backup."""
        target = InterferedObjects(self.place, interfere)
        source = InterferedObjects(self.objects, interfere)
        mover = Mover(target, through_here(source, target))
        state = InterferedState(self.state, interfere)
        backup = CreateBackup(state, source, target, mover, self.clock)()
        self.copied_bytes = mover.copied_bytes
        return backup

    def restore(
        self,
        backup: Backup,
        name: str = "c",
        *,
        replace_existing: bool = False,
        interfere: Interfere = _nothing,
        into: Pipeline | None = None,
    ) -> Restored:
        """Bring the only collection of a backup back, here or in another deployment."""
        adapters = (into or self.pipeline).adapters
        objects = InterferedObjects(adapters.objects, interfere)
        mover = Mover(objects, through_here(self.place, objects))
        state = InterferedState(adapters.state, interfere)
        bring = RestoreCollection(state, self.place, objects, mover, self.clock)
        (point,) = backup.collections
        return bring(point, backup.id, name=name, replace_existing=replace_existing)

    def adopt(self) -> None:
        """Write to the collection `c` as it is declared now."""
        declared = self.state.get(collection_document("c"))
        assert declared is not None
        self.pipeline.collection = type(self.pipeline.collection).from_document(declared.data)


def make_pipeline(directory: Path, clock: FrozenClock) -> Pipeline:
    """A deployment of its own."""
    publisher = RecordingPublisher()
    adapters = Adapters(InMemoryState(clock=clock), InMemoryObjects(clock=clock), publisher, clock)
    return Pipeline(adapters, publisher, directory, shards=2)


@pytest.fixture
def world(tmp_path: Path) -> BackedUp:
    """Three records, committed."""
    clock = FrozenClock()
    world = BackedUp(make_pipeline(tmp_path, clock), clock)
    world.pipeline.upsert({"a": [1, 0], "b": [2, 0], "d": [3, 0]})
    world.pipeline.deliver_all()
    return world
