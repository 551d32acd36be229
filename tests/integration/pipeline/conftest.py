"""A pipeline on in-memory adapters."""

from pathlib import Path
from typing import Any

import pytest

from shared.adapters.opening import Adapters
from tests.builders.pipeline import Pipeline
from tests.fakes.clock import FrozenClock
from tests.fakes.objects import InMemoryObjects
from tests.fakes.publisher import RecordingPublisher
from tests.fakes.state import InMemoryState


def make_pipeline(directory: Path, **options: Any) -> Pipeline:
    """A pipeline of its own."""
    publisher = RecordingPublisher()
    clock = FrozenClock()
    adapters = Adapters(InMemoryState(clock=clock), InMemoryObjects(clock=clock), publisher, clock)
    return Pipeline(adapters, publisher, directory, **options)


@pytest.fixture
def pipeline(tmp_path: Path) -> Pipeline:
    """A pipeline of its own for one test."""
    return make_pipeline(tmp_path)
