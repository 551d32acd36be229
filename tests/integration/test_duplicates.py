"""Every message delivered twice, on every adapter set: the same state as delivered once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import pytest

from shared.adapters.embedded.objects import DirectoryObjects
from shared.adapters.embedded.state import SqliteState
from shared.adapters.opening import Adapters
from shared.entrypoint import Consumer
from shared.outcomes import Outcome
from shared.ports.publisher import Message
from swell.local.provision import make_bucket
from tests.builders.pipeline import Pipeline
from tests.fakes.publisher import RecordingPublisher


def _embedded(_: pytest.FixtureRequest, directory: Path) -> Adapters:
    return Adapters(SqliteState(directory / "state.db"), DirectoryObjects(directory / "objects"), RecordingPublisher())


def _google(request: pytest.FixtureRequest, _: Path) -> Adapters:
    from shared.adapters.google.objects import GoogleObjects  # noqa: PLC0415 - only where the emulators are
    from shared.adapters.google.state import FirestoreState  # noqa: PLC0415

    request.getfixturevalue("google_project")
    emulators = request.getfixturevalue("emulators")
    project = bucket = f"duplicates-{uuid4().hex[:8]}"
    make_bucket(emulators.environment["STORAGE_EMULATOR_HOST"], project, bucket)
    return Adapters(FirestoreState(project), GoogleObjects(project, bucket), RecordingPublisher())


Maker = Callable[[pytest.FixtureRequest, Path], Adapters]


@pytest.fixture(params=[_embedded, pytest.param(_google, marks=pytest.mark.emulators)], ids=["embedded", "google"])
def make_pipeline(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Pipeline]:
    """Pipelines of their own, on the adapters of one set."""

    def make() -> Pipeline:
        directory = tmp_path / uuid4().hex
        directory.mkdir()
        maker: Maker = request.param
        adapters = maker(request, directory)
        assert isinstance(adapters.publisher, RecordingPublisher)
        return Pipeline(adapters, adapters.publisher, directory, base_from_rows=60)

    return make


def _tell_story(pipeline: Pipeline, deliver: Callable[[Pipeline, list[Message]], None]) -> None:
    for batch in range(6):
        pipeline.upsert({f"r{number}": (number, batch) for number in range(batch * 5, batch * 5 + 30)})
    pipeline.delete("r3", "r7")
    pipeline.upsert({"r7": (70, 70)})
    while messages := [*pipeline.taken("mutations"), *pipeline.taken("compactions")]:
        deliver(pipeline, messages)


def _once(pipeline: Pipeline, messages: list[Message]) -> None:
    pipeline.deliver(messages)


def _twice_at_the_same_time(pipeline: Pipeline, messages: list[Message]) -> None:
    """Two instances of the function get every message, as when an acknowledgement is lost while it runs."""

    def deliver(consumer: Consumer, message: Message) -> Outcome:
        return consumer.consume(message.data, message.attributes)

    first, second = pipeline.index_update(), pipeline.index_update()
    with ThreadPoolExecutor(2) as pool:
        for message in messages:
            if message.topic == "compactions":  # a second compaction waits for the first one's lease
                deliver(first, message)
                deliver(second, message)
            else:
                list(pool.map(deliver, (first, second), (message, message)))


def test_delivering_everything_twice_changes_nothing(make_pipeline: Callable[[], Pipeline]) -> None:
    """Contents, counts and neighbours agree with those of a pipeline whose messages came once."""
    once, twice = make_pipeline(), make_pipeline()

    _tell_story(once, _once)
    _tell_story(twice, _twice_at_the_same_time)

    ids = [f"r{number}" for number in range(60)]
    assert once.contents(ids) == twice.contents(ids)
    assert once.live_records() == twice.live_records() == 54
    assert once.nearest((70, 70), 5) == twice.nearest((70, 70), 5)
