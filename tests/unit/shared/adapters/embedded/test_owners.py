"""Whose process still lives."""

import os
from pathlib import Path

from shared.adapters.embedded.owners import Owners


def test_an_owner_lives_until_it_leaves(tmp_path: Path) -> None:
    """As seen by itself and by others."""
    ours, theirs = Owners(tmp_path), Owners(tmp_path)
    owner = ours.enter()
    alive = [ours.is_alive(owner.name), theirs.is_alive(owner.name)]
    owner.leave()

    assert [True, True] == alive
    assert [False, False] == [ours.is_alive(owner.name), theirs.is_alive(owner.name)]


def test_asking_does_not_kill(tmp_path: Path) -> None:
    """However often others ask."""
    owners = Owners(tmp_path)
    owner = owners.enter()

    assert all(owners.is_alive(owner.name) for _ in range(3))


def test_one_that_never_was_does_not_live(tmp_path: Path) -> None:
    """Its file may have been removed by another that asked."""
    assert not Owners(tmp_path).is_alive("nobody")


def test_files_of_the_dead_are_removed(tmp_path: Path) -> None:
    """A while after: one that begins just now has made its file and not locked it yet."""
    for name, age_s in (("old", 1_000), ("new", 0)):
        (tmp_path / name).touch()
        modified = (tmp_path / name).stat().st_mtime - age_s
        os.utime(tmp_path / name, (modified, modified))
    living = Owners(tmp_path).enter()

    assert sorted(["new", living.name]) == sorted(path.name for path in tmp_path.iterdir())
