"""Opens the adapters that the settings name, importing no others: imports are cold start."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from shared.adapters.no_files import NoFiles
from shared.adapters.watched import WatchedObjects, WatchedPublisher, WatchedState
from shared.ports.clock import Clock, SystemClock
from shared.ports.files import Files
from shared.ports.objects import ObjectStore
from shared.ports.publisher import Publisher
from shared.ports.state import StateStore
from shared.regions.reading_anywhere import ReadingAnywhere
from shared.resilience.circuit_breaker import CircuitBreaker
from shared.resilience.dependency import Dependency
from shared.resilience.openings import note_openings_in
from shared.settings import Settings
from shared.telemetry import log_traces_of
from shared.tracing import start_tracing

_clock: Clock = SystemClock()


def tell_time_by(clock: Clock) -> None:
    """Have whatever is opened in this process from now on go by another clock: rehearsals are quicker than life."""
    global _clock  # noqa: PLW0603 - a process has one time
    _clock = clock


@dataclass(frozen=True)
class Adapters:
    """The world that a function talks to."""

    state: StateStore
    objects: ObjectStore
    publisher: Publisher
    clock: Clock = field(default_factory=lambda: _clock)
    files: Files = field(default_factory=NoFiles)
    breakers: Mapping[str, CircuitBreaker] = field(default_factory=dict)
    """Those around the ports, by the name of the dependency."""


def open_adapters(settings: Settings) -> Adapters:
    """Adapters on Google Cloud (or its emulators), or on SQLite and a directory, each behind a breaker."""
    log_traces_of(settings.project)
    start_tracing(settings)
    if settings.openings_dir is not None:
        note_openings_in(settings.openings_dir)
    return watched(_google(settings) if settings.runtime == "google" else _embedded(settings))


def watched(adapters: Adapters) -> Adapters:
    """The same world, with a breaker, measurements and spans around every call of it."""
    state, objects, publisher = Dependency("state"), Dependency("objects"), Dependency("publisher")
    return replace(
        adapters,
        state=WatchedState(adapters.state, state.call),
        objects=WatchedObjects(adapters.objects, objects.call),
        publisher=WatchedPublisher(adapters.publisher, publisher.call),
        breakers={each.name: each.breaker for each in (state, objects, publisher)},
    )


def _google(settings: Settings) -> Adapters:
    from shared.adapters.google.files import BucketFiles  # noqa: PLC0415 - cold start
    from shared.adapters.google.objects import GoogleObjects  # noqa: PLC0415
    from shared.adapters.google.publisher import GooglePublisher  # noqa: PLC0415
    from shared.adapters.google.state import FirestoreState  # noqa: PLC0415

    assert settings.project  # noqa: S101 - Settings has checked it
    bucket = settings.own_bucket
    assert bucket  # noqa: S101
    return Adapters(
        state=FirestoreState(settings.project, settings.database),
        objects=GoogleObjects(settings.project, bucket),
        publisher=GooglePublisher(settings.project),
        files=BucketFiles(settings.project, bucket, settings.transfer_buckets),
    )


def _embedded(settings: Settings) -> Adapters:
    from shared.adapters.embedded.broker import SqliteBroker  # noqa: PLC0415 - cold start
    from shared.adapters.embedded.files import DirectoryFiles  # noqa: PLC0415
    from shared.adapters.embedded.objects import DirectoryObjects  # noqa: PLC0415
    from shared.adapters.embedded.state import SqliteState  # noqa: PLC0415
    from shared.adapters.embedded.topology_subscriptions import subscription_configs  # noqa: PLC0415
    from shared.topology import load_topology  # noqa: PLC0415

    own_bucket = settings.own_bucket
    assert settings.data_dir  # noqa: S101 - Settings has checked it
    assert own_bucket  # noqa: S101
    return Adapters(
        state=SqliteState(settings.data_dir / "state.db"),
        objects=DirectoryObjects(settings.data_dir / own_bucket),
        publisher=SqliteBroker(settings.data_dir / "queue.db", subscription_configs(load_topology(), settings.buckets)),
        files=DirectoryFiles(settings.transfer_dir or settings.data_dir / "files"),
    )


def open_bucket(settings: Settings, bucket: str) -> ObjectStore:
    """The objects of another bucket of the same deployment."""
    if settings.runtime == "google":
        from shared.adapters.google.objects import GoogleObjects  # noqa: PLC0415 - cold start

        assert settings.project  # noqa: S101 - Settings has checked it
        return GoogleObjects(settings.project, bucket)
    from shared.adapters.embedded.objects import DirectoryObjects  # noqa: PLC0415

    assert settings.data_dir  # noqa: S101
    return DirectoryObjects(settings.data_dir / bucket)


def reading_anywhere(own: ObjectStore, settings: Settings) -> ObjectStore:
    """The own objects, and those of all regions that are deployed, to read."""
    others = [bucket for region, bucket in settings.buckets.items() if region != settings.region]
    return ReadingAnywhere(own, [open_bucket(settings, bucket) for bucket in others]) if others else own
