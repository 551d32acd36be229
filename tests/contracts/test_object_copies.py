"""What every object store does between two buckets, and when it removes one generation of an object."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from shared.ports.objects import GenerationMismatch, ObjectNotFound, ObjectStore
from tests.fakes.objects import InMemoryObjects

FAR = "far-away"


class Two(NamedTuple):
    """A bucket, and another one, called `FAR`, that it copies from."""

    near: ObjectStore
    far: ObjectStore


Buckets = Iterator[Two]


@pytest.fixture(params=["memory", "directory", pytest.param("storage", marks=pytest.mark.emulators)])
def buckets(request: pytest.FixtureRequest, tmp_path: Path) -> Buckets:
    """Two empty buckets."""
    openers: dict[str, Callable[[], Buckets]] = {
        "memory": _memory,
        "directory": lambda: _directories(tmp_path),
        "storage": lambda: _storage(request.getfixturevalue("google_project")),
    }
    yield from openers[request.param]()


def _memory() -> Buckets:
    far = InMemoryObjects()
    yield Two(InMemoryObjects(buckets={FAR: far}), far)


def _directories(directory: Path) -> Buckets:
    from shared.adapters.embedded.objects import DirectoryObjects  # noqa: PLC0415 - only what is tested

    yield Two(DirectoryObjects(directory / "near"), DirectoryObjects(directory / FAR))


def _storage(project: str) -> Buckets:
    from google.cloud.storage import Client  # noqa: PLC0415 - only what is tested

    admin = Client(project=project)
    for bucket in (project, FAR):  # a bucket's name is one for all projects: an earlier test may have made it
        if not admin.bucket(bucket).exists():
            admin.create_bucket(bucket)
    admin.close()
    with _opened(project, project) as near, _opened(project, FAR) as far:
        for each in list(far.list("")):
            far.delete(each.name)
        yield Two(near, far)


@contextmanager
def _opened(project: str, bucket: str) -> Iterator[ObjectStore]:
    from shared.adapters.google.objects import GoogleObjects  # noqa: PLC0415 - only what is tested

    store = GoogleObjects(project, bucket)
    yield store
    store.close()


@pytest.mark.parametrize("content", [b"", b"\0\xff", b"x" * 3_000_000], ids=["empty", "two bytes", "3 MB"])
def test_a_copy_is_an_object_of_its_own(buckets: Two, content: bytes) -> None:
    """Whole, of the same name, with its own generation; it stays when the other is deleted."""
    near, far = buckets
    far.put("a/b/1", content)

    copied = near.copy_from(FAR, "a/b/1")
    far.delete("a/b/1")

    assert copied == near.stat("a/b/1")
    assert ("a/b/1", len(content)) == (copied.name, copied.size_bytes)
    assert content == near.read("a/b/1")


def test_a_copy_replaces_what_is_there(buckets: Two) -> None:
    """A half-trusted object is made good by copying it again; its generation changes even with the same content."""
    near, far = buckets
    far.put("a/1", b"right")
    damaged = near.put("a/1", b"wrong")

    first = near.copy_from(FAR, "a/1")
    second = near.copy_from(FAR, "a/1")

    assert b"right" == near.read("a/1")
    assert 3 == len({damaged.generation, first.generation, second.generation})


def test_what_is_not_there_cannot_be_copied(buckets: Two) -> None:
    """An object, a folder or a bucket that is missing is not found, and what stands here stays."""
    near, far = buckets
    near.put("a/1", b"mine")
    far.put("a/2/x", b"x")

    for bucket, name in ((FAR, "a/1"), (FAR, "a/2"), ("nowhere-at-all", "a/1")):
        with pytest.raises(ObjectNotFound):
            near.copy_from(bucket, name)

    assert ["a/1"] == [each.name for each in near.list("")]
    assert b"mine" == near.read("a/1")


@pytest.mark.parametrize("name", ["../x", "/x", "a//b", ""])
def test_a_copy_does_not_leave_its_bucket(buckets: Two, name: str) -> None:
    """Names that could lead elsewhere are refused."""
    near, _ = buckets

    with pytest.raises(ValueError, match="name"):
        near.copy_from(FAR, name)


def test_one_generation_is_removed(buckets: Two) -> None:
    """The one that stands; and where nothing stands, nothing is wrong."""
    near, _ = buckets
    stored = near.put("a/1", b"x")

    near.delete("a/1", if_generation=stored.generation)
    near.delete("a/1", if_generation=stored.generation)

    assert near.stat("a/1") is None


@pytest.mark.parametrize("buckets", ["memory", "directory"], indirect=True)  # fake-gcs-server deletes regardless
def test_another_generation_is_not_removed(buckets: Two) -> None:
    """What was written since the deleter looked stays."""
    near, _ = buckets
    seen = near.put("a/1", b"x")
    written_since = near.put("a/1", b"x")

    with pytest.raises(GenerationMismatch):
        near.delete("a/1", if_generation=seen.generation)

    assert written_since == near.stat("a/1")
