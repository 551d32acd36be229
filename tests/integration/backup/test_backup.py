"""What was backed up comes back whole: in place, under another name, elsewhere; never half, never damaged."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.domain.paths import grave_document
from shared.errors import Conflict, CorruptObject, NotFound
from shared.ports.state import Put
from swell.backup.catalog import backups, find_backup, versions_since
from swell.backup.checking import problems
from swell.backup.contents import Backup, CollectionPoint
from swell.backup.moving import Mover, through_here
from swell.backup.points import Limit, kept_point
from swell.backup.restoring import RestoreCollection, restore_documents
from tests.builders.interference import Crashed, Interfere
from tests.integration.backup.conftest import BackedUp, make_pipeline

IDS = ["a", "b", "d", "new"]
BEFORE = {"a": (1.0, 0.0), "b": (2.0, 0.0), "d": (3.0, 0.0)}
CALLS = 80


def dying_at(number: int) -> Interfere:
    """What dies at its call number `number`."""
    calls: list[str] = []

    def die(moment: str) -> None:
        calls.append(moment)
        if len(calls) == number:
            raise Crashed

    return die


def test_a_restore_over_the_old_brings_back_what_was(world: BackedUp) -> None:
    """And nothing that came after; the former incarnation is buried, and writes go on."""
    backup = world.back_up()
    former = world.pipeline.collection.uid
    world.pipeline.upsert({"a": [9, 9], "new": [5, 5]})
    world.pipeline.delete("b")
    world.pipeline.deliver_all()

    restored = world.restore(backup, replace_existing=True)

    assert world.pipeline.contents(IDS) == BEFORE
    assert restored.uid != former
    assert world.state.get(grave_document(former)) is not None
    world.adopt()
    world.pipeline.upsert({"new": [7, 7]})
    world.pipeline.deliver_all()
    assert world.pipeline.contents(IDS) == {**BEFORE, "new": (7.0, 7.0)}


def test_a_write_to_the_former_incarnation_is_dropped(world: BackedUp) -> None:
    """It was on its way when the restore came."""
    backup = world.back_up()
    world.pipeline.upsert({"new": [5, 5]})
    world.restore(backup, replace_existing=True)

    world.pipeline.deliver_all()

    assert world.pipeline.contents(IDS) == BEFORE


def test_a_restore_never_replaces_unasked(world: BackedUp) -> None:
    """What exists stays as it is."""
    backup = world.back_up()

    with pytest.raises(Conflict, match="exists"):
        world.restore(backup)
    world.restore(backup, "copy")

    assert world.pipeline.contents(IDS) == BEFORE


def test_a_restore_into_a_new_deployment(world: BackedUp, tmp_path: Path) -> None:
    """The old one is gone with its state and bucket."""
    backup = world.back_up()
    other = make_pipeline(tmp_path / "other", world.clock)

    world.restore(backup, replace_existing=True, into=other)

    assert other.contents(IDS) == BEFORE


def test_only_what_is_missing_is_copied(world: BackedUp) -> None:
    """The second backup brings what one write has added."""
    first = world.back_up()
    assert world.copied_bytes == first.size_bytes
    again = world.back_up()
    assert world.copied_bytes == 0

    world.pipeline.upsert({"new": [5, 5]})
    world.pipeline.deliver_all()
    third = world.back_up()

    assert 0 < world.copied_bytes < third.size_bytes
    assert {each.id for each in backups(world.place)} == {first.id, again.id, third.id}


def test_what_a_return_would_lose_is_counted(world: BackedUp) -> None:
    """In commits: none right after it, one for each shard written since."""
    backup = world.back_up()
    (point,) = backup.collections
    assert versions_since(point, world.state) == 0

    world.pipeline.upsert({"new": [5, 5]})
    world.pipeline.deliver_all()

    assert versions_since(point, world.state) == 1


@pytest.mark.parametrize("at", range(1, CALLS, 3))
def test_a_backup_that_dies_is_none_and_the_next_goes_on(world: BackedUp, at: int) -> None:
    """At whatever call: either there is a whole one, or there is none; nothing is copied twice."""
    die = dying_at(at)
    try:
        world.back_up(die)
    except Crashed:
        for done in backups(world.place):
            assert list(problems(world.place, [file for each in done.collections for file in each.files])) == []

    backup = world.back_up()

    assert list(problems(world.place, [file for each in backup.collections for file in each.files])) == []


@pytest.mark.parametrize("at", range(1, CALLS, 3))
def test_a_restore_that_dies_shows_all_or_nothing(world: BackedUp, at: int) -> None:
    """A reader sees what was before or what is restored; started again, it ends as if nothing had happened."""
    backup = world.back_up()
    world.pipeline.upsert({"a": [9, 9]})
    world.pipeline.deliver_all()
    changed = world.pipeline.contents(IDS)
    die = dying_at(at)
    try:
        world.restore(backup, replace_existing=True, interfere=die)
    except Crashed:
        assert world.pipeline.contents(IDS) in (changed, BEFORE)

    world.restore(backup, replace_existing=True)

    assert world.pipeline.contents(IDS) == BEFORE


def test_a_damaged_backup_is_refused_and_changes_nothing(world: BackedUp) -> None:
    """One byte of one segment is enough."""
    backup = world.back_up()
    (point,) = backup.collections
    file = point.shards[0].files[0]
    world.place.put(file.name, b"x" * file.size_bytes)
    world.pipeline.upsert({"new": [5, 5]})
    world.pipeline.deliver_all()

    with pytest.raises(CorruptObject, match="another checksum"):
        world.restore(backup, replace_existing=True)

    assert world.pipeline.contents(IDS) == {**BEFORE, "new": (5.0, 5.0)}


def test_a_damaged_index_is_refused(world: BackedUp) -> None:
    """It carries its own checksum."""
    backup = world.back_up()
    whole = world.place.read(backup.object_name)
    world.place.put(backup.object_name, whole.replace(b"took_s", b"took_z"))

    with pytest.raises(CorruptObject, match="damaged"):
        find_backup(world.place, None)


def test_a_kept_version_comes_back_from_the_live_bucket(world: BackedUp) -> None:
    """Point-in-time: as it was a minute ago, without any backup."""
    moment = world.clock.now()
    world.clock.advance(timedelta(minutes=1))
    world.pipeline.upsert({"a": [9, 9], "b": [9, 9], "d": [9, 9]})
    world.pipeline.deliver_all()

    point = kept_point(world.state, world.objects, "c", Limit(at=moment))
    mover = Mover(world.objects, through_here(world.objects, world.objects))
    bring = RestoreCollection(world.state, world.objects, world.objects, mover, world.clock)
    bring(point, "kept", replace_existing=True)

    assert world.pipeline.contents(IDS) == BEFORE


def test_a_moment_before_the_first_record_is_refused(world: BackedUp) -> None:
    """A mistyped date must not replace a collection by an empty one."""
    with pytest.raises(NotFound, match="collection 'c' had no version yet at that time; to empty it, delete it"):
        kept_point(world.state, world.objects, "c", Limit(at=world.clock.now() - timedelta(days=1)))


def test_a_revoked_key_does_not_come_back(world: BackedUp) -> None:
    """State that is there stays; state that is gone returns."""
    world.state.commit([Put("keys/k1", {"revoked": False}), Put("calendar/e1", {"name": "final"})])
    backup = world.back_up()
    world.state.commit([Put("keys/k1", {"revoked": True})])

    brought = restore_documents(world.state, {**backup.documents, "calendar/e2": {"name": "semi-final"}})

    key = world.state.get("keys/k1")
    assert key is not None
    assert key.data == {"revoked": True}
    assert brought == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"documents": {"control/serving_mode": {}}},
        {"documents": {"keys/../control": {}}},
        {"collections": (CollectionPoint({"name": "../../etc"}, ()),)},
    ],
    ids=["a document of the moment", "a path out of its collection", "a name out of the bucket"],
)
def test_an_index_decides_nothing_about_where_a_restore_writes(changed: dict[str, Any]) -> None:
    """Whoever can write to the bucket of backups can make its checksum too."""
    backup = replace(Backup("b", 0.0, 1.0, 1, (), {}), **changed)

    with pytest.raises(CorruptObject, match="names what no backup holds"):
        Backup.from_bytes(backup.to_bytes(), "b")
