"""How every object store lists, and which names it refuses."""

from pathlib import Path

import pytest

from shared.ports.objects import ObjectStore


def names(objects: ObjectStore, prefix: str) -> list[str]:
    """The names that a listing gives."""
    return [each.name for each in objects.list(prefix)]


def test_a_listing_is_in_the_order_of_the_bytes_of_the_names(objects: ObjectStore) -> None:
    """Folders do not change the order: a hyphen and a dot come before a slash, digits after it."""
    stored = ["a-b", "a.b", "a/b", "a/b-c", "a/c/d", "a/c0", "a0", "A", "b", "é", "a/\U0001f30a", "a/\uffee"]
    for name in stored:
        objects.put(name, name.encode())

    found = list(objects.list(""))

    assert sorted(stored, key=str.encode) == [each.name for each in found]
    assert found == [objects.stat(each.name) for each in found]


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [
        ("c/1/", ["c/1/m/1", "c/1/m/2", "c/1/s"]),
        ("c/1", ["c/1/m/1", "c/1/m/2", "c/1/s", "c/10/s"]),
        ("c/1/m/2", ["c/1/m/2"]),
        ("c/1/s/", []),
        ("d", []),
        ("", ["c/1/m/1", "c/1/m/2", "c/1/s", "c/10/s", "c/2"]),
    ],
)
def test_a_listing_holds_what_begins_with_its_prefix(objects: ObjectStore, prefix: str, expected: list[str]) -> None:
    """A prefix may end anywhere in a name."""
    for name in ("c/1/m/1", "c/1/m/2", "c/1/s", "c/10/s", "c/2"):
        objects.put(name, b"")

    assert expected == names(objects, prefix)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "/a",
        "a/",
        "a//b",
        "..",
        "a/../b",
        "./a",
        "a/.",
        "a\\b",
        "a\nb",
        "a\0b",
        "x" * 256,
        "é" * 513,
        "../" * 9 + "x",
    ],
)
def test_a_name_that_could_lead_elsewhere_is_refused(objects: ObjectStore, name: str, tmp_path: Path) -> None:
    """By every method, on every store."""
    with pytest.raises(ValueError, match="name"):
        objects.put(name, b"")
    with pytest.raises(ValueError, match="name"):
        objects.read(name)
    with pytest.raises(ValueError, match="name"):
        objects.download(name, tmp_path / "copy")
    with pytest.raises(ValueError, match="name"):
        objects.stat(name)
    with pytest.raises(ValueError, match="name"):
        objects.delete(name)


@pytest.mark.parametrize("prefix", ["../", "/", "a/../", "a//"])
def test_a_prefix_that_could_lead_elsewhere_is_refused(objects: ObjectStore, prefix: str) -> None:
    """A listing does not leave the store either."""
    with pytest.raises(ValueError, match="name"):
        names(objects, prefix)
