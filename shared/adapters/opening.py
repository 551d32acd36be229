"""Opens the adapters that the settings name, importing no others: imports are cold start."""

from dataclasses import dataclass, field

from shared.adapters.no_files import NoFiles
from shared.ports.clock import Clock, SystemClock
from shared.ports.files import Files
from shared.ports.objects import ObjectStore
from shared.ports.publisher import Publisher
from shared.ports.state import StateStore
from shared.settings import Settings


@dataclass(frozen=True)
class Adapters:
    """The world that a function talks to."""

    state: StateStore
    objects: ObjectStore
    publisher: Publisher
    clock: Clock = field(default_factory=SystemClock)
    files: Files = field(default_factory=NoFiles)


def open_adapters(settings: Settings) -> Adapters:
    """Adapters on Google Cloud (or its emulators), or on SQLite and a directory."""
    return _google(settings) if settings.runtime == "google" else _embedded(settings)


def _google(settings: Settings) -> Adapters:
    from shared.adapters.google.files import BucketFiles  # noqa: PLC0415 - cold start
    from shared.adapters.google.objects import GoogleObjects  # noqa: PLC0415
    from shared.adapters.google.publisher import GooglePublisher  # noqa: PLC0415
    from shared.adapters.google.state import FirestoreState  # noqa: PLC0415

    assert settings.project  # noqa: S101 - Settings has checked it
    assert settings.bucket  # noqa: S101
    return Adapters(
        state=FirestoreState(settings.project, settings.database),
        objects=GoogleObjects(settings.project, settings.bucket),
        publisher=GooglePublisher(settings.project),
        files=BucketFiles(settings.project, settings.bucket, settings.transfer_buckets),
    )


def _embedded(settings: Settings) -> Adapters:
    from shared.adapters.embedded.broker import SqliteBroker  # noqa: PLC0415 - cold start
    from shared.adapters.embedded.files import DirectoryFiles  # noqa: PLC0415
    from shared.adapters.embedded.objects import DirectoryObjects  # noqa: PLC0415
    from shared.adapters.embedded.state import SqliteState  # noqa: PLC0415
    from shared.adapters.embedded.topology_subscriptions import subscription_configs  # noqa: PLC0415
    from shared.topology import load_topology  # noqa: PLC0415

    assert settings.data_dir  # noqa: S101 - Settings has checked it
    return Adapters(
        state=SqliteState(settings.data_dir / "state.db"),
        objects=DirectoryObjects(settings.data_dir / "objects"),
        publisher=SqliteBroker(settings.data_dir / "queue.db", subscription_configs(load_topology())),
        files=DirectoryFiles(settings.transfer_dir or settings.data_dir / "files"),
    )
