"""What every store of users' files does."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from shared.bulk.choice import Choice
from shared.bulk.formats import open_reader
from shared.errors import CorruptObject, InvalidRequest, NotFound
from shared.ports.files import Files, StoredPart
from tests.unit.shared.bulk.files import read_all, rows_of, write_npy


@dataclass
class Place:
    """A store, and a way to put files there that it did not write."""

    files: Files
    uri: Callable[[str], str]
    put: Callable[[str, bytes], None]


def _directory(folder: Path) -> Iterator[Place]:
    from shared.adapters.embedded.files import DirectoryFiles  # noqa: PLC0415 - only what is tested

    def put(name: str, content: bytes) -> None:
        (folder / "users").mkdir(exist_ok=True)
        (folder / "users" / name).write_bytes(content)

    yield Place(DirectoryFiles(folder / "users"), lambda name: f"file:{name}", put)


def _storage(project: str) -> Iterator[Place]:
    from google.cloud.storage import Client  # noqa: PLC0415 - only what is tested

    from shared.adapters.google.files import BucketFiles  # noqa: PLC0415 - only what is tested

    admin = Client(project=project)
    bucket = admin.create_bucket(f"{project}-users")
    files = BucketFiles(project, f"{project}-own", [bucket.name])
    yield Place(
        files,
        lambda name: f"gs://{bucket.name}/{name}",
        lambda name, content: bucket.blob(name).upload_from_string(content),
    )
    files.close()
    admin.close()


@pytest.fixture(params=["directory", pytest.param("storage", marks=pytest.mark.emulators)])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """An empty store of users' files."""
    if request.param == "directory":
        yield from _directory(tmp_path)
    else:
        yield from _storage(request.getfixturevalue("google_project"))


def part_of(folder: Path, content: bytes) -> Path:
    """A local file with this content."""
    path = folder / f"part-{len(content)}"
    path.write_bytes(content)
    return path


def content_of(place: Place, uri: str) -> bytes:
    """All bytes of a file."""
    with place.files.source(uri).open() as file:
        return file.read()


def test_a_file_is_read_from_any_place(place: Place) -> None:
    """Size, bytes, ranges, and an identity that lasts as long as the content."""
    place.put("a.bin", b"0123456789")

    source = place.files.source(place.uri("a.bin"))
    with source.open() as file:
        file.seek(3)
        middle = file.read(4)

    assert (10, b"3456", b"0123456789") == (source.size_bytes, middle, content_of(place, place.uri("a.bin")))
    assert source.identity == place.files.source(place.uri("a.bin")).identity


def test_other_content_has_another_identity(place: Place) -> None:
    """Of the same length, too."""
    place.put("a.bin", b"first")
    before = place.files.source(place.uri("a.bin")).identity
    place.put("a.bin", b"other")

    assert before != place.files.source(place.uri("a.bin")).identity


def test_a_file_that_is_not_there_is_not_found(place: Place) -> None:
    """By name."""
    with pytest.raises(NotFound, match=r"nothing\.npy"):
        place.files.source(place.uri("nothing.npy"))


def test_files_beside_a_file_are_found(place: Place, tmp_path: Path) -> None:
    """Ids of an array stand in a file of their own."""
    rows = rows_of(5, attributes=False)
    written = write_npy(tmp_path / "v.npy", rows)
    place.put("v.npy", written.read_bytes())
    place.put("v.ids.txt", (tmp_path / "v.ids.txt").read_bytes())

    with open_reader(place.files.source(place.uri("v.npy")), Choice()) as reader:
        found = read_all(reader)

    assert rows.ids == found.ids


def write(place: Place, uri: str, folder: Path, contents: list[bytes], writer: str = "w") -> list[StoredPart]:
    """Parts one after the other."""
    parts, start = [], 0
    for content in contents:
        parts.append(place.files.write_part(uri, writer, part_of(folder, content), start))
        start += len(content)
    return parts


def test_parts_become_a_file_at_once(place: Place, tmp_path: Path) -> None:
    """Nothing is seen before the end; then all of it, and no part is left."""
    uri = place.uri("deep/er/whole.bin")
    contents = [bytes([65 + number]) * (number + 1) for number in range(70)]

    parts = write(place, uri, tmp_path, contents)
    with pytest.raises(NotFound):
        place.files.source(uri)
    size_bytes = place.files.finish(uri, "w", parts, part_of(tmp_path, b"."))

    assert b"".join([*contents, b"."]) == content_of(place, uri)
    assert len(b"".join(contents)) + 1 == size_bytes


def test_parts_and_the_end_may_be_repeated(place: Place, tmp_path: Path) -> None:
    """As deliveries are: the file is the same, also when the end was reached before."""
    uri = place.uri("whole.bin")
    write(place, uri, tmp_path, [b"one", b"three"])

    parts = write(place, uri, tmp_path, [b"one", b"three"])
    place.files.finish(uri, "w", parts, part_of(tmp_path, b"."))
    place.files.finish(uri, "w", parts, part_of(tmp_path, b"."))

    assert b"onethree." == content_of(place, uri)


def test_two_writers_do_not_meet(place: Place, tmp_path: Path) -> None:
    """Each writes its own parts; the last to finish has its way."""
    uri = place.uri("whole.bin")
    first = write(place, uri, tmp_path, [b"a", b"bb"], "first")
    second = write(place, uri, tmp_path, [b"ccc"], "second")

    place.files.finish(uri, "first", first, part_of(tmp_path, b"."))
    place.files.finish(uri, "second", second, part_of(tmp_path, b"."))

    assert b"ccc." == content_of(place, uri)


def test_a_file_without_its_parts_is_not_finished(place: Place, tmp_path: Path) -> None:
    """What was discarded does not come back as a shorter file."""
    uri = place.uri("whole.bin")
    parts = write(place, uri, tmp_path, [b"a", b"bb"])

    place.files.discard(uri, "w")
    place.files.discard(uri, "w")

    with pytest.raises(CorruptObject, match=r"whole\.bin"):
        place.files.finish(uri, "w", parts, part_of(tmp_path, b"."))


def test_a_file_can_be_removed(place: Place) -> None:
    """And removed again."""
    place.put("a.bin", b"x")

    place.files.remove(place.uri("a.bin"))
    place.files.remove(place.uri("a.bin"))

    with pytest.raises(NotFound):
        place.files.source(place.uri("a.bin"))


def test_an_export_without_a_place_gets_one(place: Place, tmp_path: Path) -> None:
    """Which is allowed for reading, too."""
    uri = place.files.export_uri("words-1.parquet")

    place.files.check(uri)

    assert uri.endswith("exports/words-1.parquet")


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "a.npy",
        "/etc/passwd",
        "http://169.254.169.254/computeMetadata/v1/",
        "file:/etc/passwd",
        "file:///etc/passwd",
        "file:../secret.npy",
        "file:deep/../../secret.npy",
        "file:%2e%2e/secret.npy",
        "file://elsewhere/a.npy",
        "file:a.npy?x=1",
        "file:a.npy#x",
        "file:a%00b.npy",
        "file:",
        "file:.",
        "file:folder/",
        "gs://someone-elses/a.npy",
        "gs://",
        "gs:///a.npy",
        "gs://UPPER/a.npy",
        "s3://bucket/a.npy",
    ],
)
def test_no_other_place_is_touched(place: Place, uri: str) -> None:
    """Whatever a URI tries, it is refused before anything is looked at, with what is allowed."""
    for look in (place.files.check, place.files.source):
        with pytest.raises(InvalidRequest, match=r"uri: got .*, allowed: (file:NAME for a file in|gs://)"):
            look(uri)


def test_a_link_does_not_lead_out(tmp_path: Path) -> None:
    """Neither to a file nor through a folder; one that stays inside is as good as a file."""
    place = next(_directory(tmp_path))
    (tmp_path / "secret.npy").write_bytes(b"secret")
    place.put("mine.npy", b"mine")
    (tmp_path / "users" / "out.npy").symlink_to(tmp_path / "secret.npy")
    (tmp_path / "users" / "folder").symlink_to(tmp_path)
    (tmp_path / "users" / "in.npy").symlink_to(tmp_path / "users" / "mine.npy")

    for uri in ("file:out.npy", "file:folder/secret.npy"):
        with pytest.raises(InvalidRequest):
            place.files.source(uri)
    assert b"mine" == content_of(place, "file:in.npy")
    assert b"mine" == content_of(place, f"file://{tmp_path}/users/mine.npy")


@pytest.mark.emulators
def test_of_its_own_bucket_only_one_part_is_open_to_users(google_project: str) -> None:
    """The indexes of all collections are in the rest."""
    from shared.adapters.google.files import BucketFiles  # noqa: PLC0415 - only what is tested

    files = BucketFiles(google_project, "own", [])

    files.check("gs://own/transfers/a.npy")
    for uri in ("gs://own/collections/c/u/0/segments/s/rows.swl", "gs://own/transfers/../collections/c"):
        with pytest.raises(InvalidRequest):
            files.check(uri)
    files.close()


@pytest.mark.emulators
def test_an_object_that_is_replaced_is_not_read_on(google_project: str) -> None:
    """Rows of two files never become one import."""
    opened = _storage(google_project)
    place = next(opened)
    place.put("a.bin", b"first")
    source = place.files.source(place.uri("a.bin"))
    place.put("a.bin", b"other")

    with pytest.raises(InvalidRequest, match="another content than at the start"), source.open() as file:
        file.read()
    assert not list(opened)
