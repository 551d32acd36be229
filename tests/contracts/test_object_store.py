"""What every object store does."""

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.ports.objects import GenerationMismatch, ObjectNotFound, ObjectStore


def names(objects: ObjectStore, prefix: str) -> list[str]:
    """The names that a listing gives."""
    return [each.name for each in objects.list(prefix)]


@pytest.mark.parametrize("content", [b"", b"\0\xff", b"x" * 3_000_000], ids=["empty", "two bytes", "3 MB"])
def test_what_was_put_is_read_back(objects: ObjectStore, content: bytes) -> None:
    """Whole, with what is known of it."""
    stored = objects.put("a/b.json", content)

    assert content == objects.read("a/b.json")
    assert stored == objects.stat("a/b.json")
    assert ("a/b.json", len(content)) == (stored.name, stored.size_bytes)
    assert stored.generation > 0
    assert timedelta(0) == stored.created_at.utcoffset()


def test_a_file_is_put_as_its_bytes_are(objects: ObjectStore, tmp_path: Path) -> None:
    """What becomes of the file afterwards does not touch the object."""
    source = tmp_path / "segment.ann"
    source.write_bytes(b"rows" * 1000)

    objects.put("a/1", source, if_generation=0)
    source.write_bytes(b"changed")

    assert b"rows" * 1000 == objects.read("a/1")


def test_a_file_that_is_not_there_is_no_object(objects: ObjectStore, tmp_path: Path) -> None:
    """The caller's mistake is told as such, and nothing is stored."""
    with pytest.raises(FileNotFoundError):
        objects.put("a/1", tmp_path / "missing")
    assert objects.stat("a/1") is None


@pytest.mark.parametrize(
    ("start", "length", "expected"),
    [
        (0, None, b"0123456789"),
        (0, 4, b"0123"),
        (3, 4, b"3456"),
        (8, 100, b"89"),
        (7, None, b"789"),
        (10, None, b""),
        (99, 5, b""),
        (4, 0, b""),
        (0, 0, b""),
    ],
)
def test_a_part_is_read(objects: ObjectStore, start: int, length: int | None, expected: bytes) -> None:
    """As a slice of the whole: past the end there is nothing."""
    objects.put("a/1", b"0123456789")

    assert expected == objects.read("a/1", start=start, length=length)


def test_what_is_not_there_is_not_found(objects: ObjectStore, tmp_path: Path) -> None:
    """By reads of any length and downloads; `stat` gives None; a folder is not an object."""
    objects.put("a/b/c", b"x")

    for name in ("missing", "a/b", "a/b/c/d"):
        with pytest.raises(ObjectNotFound):
            objects.read(name)
        with pytest.raises(ObjectNotFound):
            objects.read(name, start=3, length=0)
        with pytest.raises(ObjectNotFound):
            objects.download(name, tmp_path / "copy")
        assert objects.stat(name) is None
    assert not (tmp_path / "copy").exists()


def test_a_download_is_a_file_of_its_own(objects: ObjectStore, tmp_path: Path) -> None:
    """It stays as it is when the object is written again or deleted."""
    objects.put("a/1", b"first" * 1000)
    objects.download("a/1", tmp_path / "copy")
    objects.put("a/1", b"second")
    objects.delete("a/1")

    assert b"first" * 1000 == (tmp_path / "copy").read_bytes()
    assert [tmp_path / "copy"] == [path for path in tmp_path.iterdir() if path.name.startswith(("copy", ".copy"))]


def test_a_download_replaces_nothing(objects: ObjectStore, tmp_path: Path) -> None:
    """The file must not exist."""
    objects.put("a/1", b"new")
    (tmp_path / "copy").write_bytes(b"mine")

    with pytest.raises(FileExistsError):
        objects.download("a/1", tmp_path / "copy")

    assert b"mine" == (tmp_path / "copy").read_bytes()


def test_generation_zero_creates_once(objects: ObjectStore) -> None:
    """The second creation is refused and leaves the first."""
    objects.put("a/1", b"first", if_generation=0)

    with pytest.raises(GenerationMismatch):
        objects.put("a/1", b"second", if_generation=0)

    assert b"first" == objects.read("a/1")


def test_a_generation_is_compared_and_set(objects: ObjectStore) -> None:
    """The one named must be the one that stands; it changes even with the same content."""
    first = objects.put("a/1", b"same")
    second = objects.put("a/1", b"same", if_generation=first.generation)

    with pytest.raises(GenerationMismatch):
        objects.put("a/1", b"other", if_generation=first.generation)
    with pytest.raises(GenerationMismatch):
        objects.put("a/2", b"other", if_generation=first.generation)

    assert first.generation != second.generation
    assert second == objects.stat("a/1")
    assert objects.stat("a/2") is None


def test_without_a_generation_the_last_write_stays(objects: ObjectStore) -> None:
    """Whatever was there."""
    first = objects.put("a/1", b"first")
    second = objects.put("a/1", b"2nd")

    assert first.generation != second.generation
    assert (3, b"2nd") == (second.size_bytes, objects.read("a/1"))


def test_delete_removes_and_removing_nothing_is_fine(objects: ObjectStore) -> None:
    """The name is free again, also for a creation, and for a folder."""
    objects.put("a/b/1", b"x", if_generation=0)
    objects.delete("a/b/1")
    objects.delete("a/b/1")
    objects.delete("a/b")

    assert objects.stat("a/b/1") is None
    assert [] == names(objects, "")
    objects.put("a/b/1", b"x", if_generation=0)
    objects.delete("a/b/1")
    objects.put("a", b"x", if_generation=0)
    assert ["a"] == names(objects, "")


@pytest.mark.parametrize("objects", ["memory", "directory"], indirect=True)
@given(
    writes=st.lists(
        st.tuples(st.sampled_from(["a", "a-", "b/c", "b/d", "b-"]), st.none() | st.binary(max_size=20)), max_size=15
    )
)
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_puts_and_deletes_do_what_a_dict_does(objects: ObjectStore, writes: list[tuple[str, bytes | None]]) -> None:
    """The listing and every content, after any sequence; None deletes."""
    for name in names(objects, ""):
        objects.delete(name)
    model: dict[str, bytes] = {}
    for name, content in writes:
        if content is None:
            objects.delete(name)
            model.pop(name, None)
        else:
            objects.put(name, content)
            model[name] = content

    assert sorted(model) == names(objects, "")
    assert model == {name: objects.read(name) for name in model}
