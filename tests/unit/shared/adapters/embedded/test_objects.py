"""What only a directory has to care for; the rest is in the contract of object stores."""

import errno
import os
from pathlib import Path

import pytest

from shared.adapters.embedded import durable_files
from shared.adapters.embedded.objects import DirectoryObjects
from shared.errors import DependencyUnavailable
from shared.ports.objects import ObjectNotFound


@pytest.fixture
def objects(tmp_path: Path) -> DirectoryObjects:
    """An empty store."""
    return DirectoryObjects(tmp_path / "store")


def test_a_download_on_the_same_file_system_copies_nothing(objects: DirectoryObjects, tmp_path: Path) -> None:
    """Both names are one file, which nobody may write to."""
    objects.put("a/1", b"x")
    objects.download("a/1", tmp_path / "copy")

    assert 2 == (tmp_path / "copy").stat().st_nlink
    assert 0o444 == (tmp_path / "copy").stat().st_mode & 0o777


@pytest.mark.parametrize("reason", [errno.EXDEV, errno.EPERM, errno.EMLINK])
def test_a_download_that_cannot_link_copies(
    objects: DirectoryObjects, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reason: int
) -> None:
    """Another file system, one without links, or one with too many: the file is whole and leaves nothing beside it."""
    objects.put("a/1", b"x" * 1000)
    (tmp_path / "there").write_bytes(b"mine")

    def refuse(*_: object) -> None:
        raise OSError(reason, os.strerror(reason))

    monkeypatch.setattr(os, "link", refuse)
    objects.download("a/1", tmp_path / "copy")
    with pytest.raises(FileExistsError):
        objects.download("a/1", tmp_path / "there")
    with pytest.raises(ObjectNotFound):
        objects.download("a/2", tmp_path / "other")

    assert b"x" * 1000 == (tmp_path / "copy").read_bytes()
    assert b"mine" == (tmp_path / "there").read_bytes()
    assert ["copy", "store", "there"] == sorted(path.name for path in tmp_path.iterdir())


def test_a_failing_disk_is_unavailability_and_leaves_nothing(
    objects: DirectoryObjects, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The put is not made, and the file that was to become the object is gone."""

    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(durable_files, "stamp", fail)
    with pytest.raises(DependencyUnavailable, match="No space left"):
        objects.put("a/1", b"x")

    assert objects.stat("a/1") is None
    assert [] == list((tmp_path / "store" / "incoming").iterdir())


def test_generations_grow_when_the_clock_does_not(objects: DirectoryObjects) -> None:
    """A file from the future is followed by one from further in the future."""
    first = objects.put("a/1", b"x")
    path = objects._path("a/1")
    ahead_ns = (first.generation + 10**12) * 1000
    os.utime(path, ns=(ahead_ns, ahead_ns))

    second = objects.put("a/1", b"y", if_generation=first.generation + 10**12)

    assert first.generation + 10**12 + 1 == second.generation


def test_what_a_dead_process_left_is_removed(objects: DirectoryObjects, tmp_path: Path) -> None:
    """A day later; what is younger may still be written."""
    incoming = tmp_path / "store" / "incoming"
    for name, age_s in (("old", 100_000), ("young", 10)):
        (incoming / name).write_bytes(b"half")
        modified = (incoming / name).stat().st_mtime - age_s
        os.utime(incoming / name, (modified, modified))

    DirectoryObjects(tmp_path / "store")

    assert ["young"] == [path.name for path in incoming.iterdir()]


@pytest.mark.parametrize("names", [("a/b", "a/b/c"), ("a/b/c", "a/b")])
def test_a_name_is_an_object_or_a_folder(objects: DirectoryObjects, names: tuple[str, str]) -> None:
    """Whichever came first stays; the other is refused, saying why."""
    objects.put(names[0], b"x")

    with pytest.raises(ValueError, match="folder"):
        objects.put(names[1], b"y")

    assert [names[0]] == [each.name for each in objects.list("")]
