"""A region says that its copy is clean when nothing older than the cleared version is in its bucket."""

from datetime import timedelta

from functions.region_sync.erasure_reports import ReportErasures
from functions.region_sync.sweep_plan import READER_GRACE
from shared.domain.paths import journal_object, payload_object, shard_prefix
from shared.erasures.erasure import Erasure, ShardErasure, Stage
from shared.erasures.store import Erasures
from shared.events.mutations import MutationsAcceptedV1
from tests.builders.regions import RegionalWorld

_HOME, _FOLLOWER = "us-central1", "europe-west1"


def _world() -> tuple[RegionalWorld, Erasures, Erasure]:
    """Version 1 is copied; version 2, without its segment, is the one that was cleared."""
    world = RegionalWorld([_HOME, _FOLLOWER])
    world.commit(["with-the-record"])
    world.sync_shard(_FOLLOWER)
    erasures = Erasures(world.state, world.clock)
    erasure = erasures.begin(Erasure("e", "c", world.uid, 1_000_000, {0: "event"}))
    world.commit(["without-it"])
    cleared = ShardErasure(Stage.AGEING, version=2, cleared_at=world.clock.now().timestamp())
    erasures.move(erasure, 0, lambda _: cleared)
    return world, erasures, erasure


def _reporting(world: RegionalWorld, erasures: Erasures, region: str = _FOLLOWER) -> ReportErasures:
    return ReportErasures(
        own=world.bucket(region), state=world.state, erasures=erasures, clock=world.clock, default_home=_HOME
    )


def test_a_region_is_clean_when_its_sweep_has_removed_the_older_version() -> None:
    """Not while it serves the older version, nor while the older one's objects are there."""
    world, erasures, erasure = _world()
    report = _reporting(world, erasures)

    behind = report()
    world.sync_shard(_FOLLOWER)
    world.sweep(_FOLLOWER)
    not_settled = report()
    world.clock.advance(READER_GRACE + timedelta(minutes=5))
    not_swept = report()
    found = erasures.reports(erasure, 0, [_FOLLOWER])[_FOLLOWER]
    for _ in range(3):
        world.sweep(_FOLLOWER)
        world.clock.advance(READER_GRACE + timedelta(minutes=5))
    clean = report()

    assert (1, 1, 1, 0) == (behind, not_settled, not_swept, clean)
    assert found is not None
    assert found.remains > 1  # a manifest, and the files of a segment
    assert 0 == getattr(erasures.reports(erasure, 0, [_FOLLOWER])[_FOLLOWER], "remains", None)


def test_a_region_that_was_home_is_clean_when_what_it_accepted_is_too_old_to_be_needed() -> None:
    """Payloads and journals hold records; its sweep removes them once no delivery is taken that could need them."""
    world, erasures, _ = _world()
    bucket = world.bucket(_FOLLOWER).objects
    for name in (payload_object("c", world.uid, 0, 999_999, "event"), journal_object(_prefix(world), 1_000_000, "x")):
        bucket.put(name, b"{}")
    bucket.put(journal_object(_prefix(world), 1_000_001, "younger"), b"{}")
    report = _reporting(world, erasures)
    world.sync_shard(_FOLLOWER)
    report()
    remains = []
    for wait in (READER_GRACE, MutationsAcceptedV1.max_age):
        for _ in range(3):
            world.sweep(_FOLLOWER)
            world.clock.advance(READER_GRACE + timedelta(minutes=5))
        remains.append(report())
        world.clock.advance(wait)
    for _ in range(3):
        world.sweep(_FOLLOWER)
        world.clock.advance(READER_GRACE + timedelta(minutes=5))

    assert (remains, report()) == ([1, 1], 0)
    assert not [info.name for info in bucket.list("") if "/updates/" in info.name or "/payloads/" in info.name]


def _prefix(world: RegionalWorld) -> str:
    return shard_prefix("c", world.uid, 0)


def test_home_and_regions_without_a_copy_say_nothing() -> None:
    """Home is looked at by index update; where there is no copy, nothing can be left."""
    world, erasures, erasure = _world()

    _reporting(world, erasures, _HOME)()

    assert {_HOME: None} == erasures.reports(erasure, 0, [_HOME])
