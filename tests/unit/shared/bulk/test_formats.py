"""Every format gives back the rows that were written, from any row on, in memory that does not grow with the file."""

import itertools
import tracemalloc
from pathlib import Path

import h5py
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.bulk.choice import Choice
from shared.bulk.formats import Format, format_of, identity_of, open_reader
from shared.bulk.problems import InvalidFile
from shared.bulk.rows import Cursor
from shared.bulk.source import LocalSource, RangedSource
from tests.unit.shared.bulk.files import KINDS, FileKind, Rows, read_all, rows_of

BINARY = [kind for kind in KINDS.values() if kind.suffix not in (".jsonl", ".csv")]


@pytest.fixture(params=list(KINDS.values()), ids=list(KINDS))
def kind(request: pytest.FixtureRequest) -> FileKind:
    """One format after the other."""
    found: FileKind = request.param
    return found


def written(kind: FileKind, folder: Path, rows: Rows) -> LocalSource:
    """A file of these rows."""
    return LocalSource(kind.write(folder / f"vectors{kind.suffix}", rows))


def ranged(source: LocalSource) -> RangedSource:
    """The same bytes, as if they were far away."""

    def at(path: Path) -> RangedSource:
        content = path.read_bytes()

        def find(name: str) -> RangedSource | None:
            return at(path.with_name(name)) if path.with_name(name).exists() else None

        return RangedSource(path.name, len(content), "1", lambda start, length: content[start : start + length], find)

    assert source.path is not None
    return at(source.path)


def assert_same(expected: Rows, found: Rows) -> None:
    """Ids, vectors bit by bit, attributes."""
    assert expected.ids == found.ids
    assert np.array_equal(expected.vectors, found.vectors)
    assert expected.attributes == found.attributes


def test_what_was_written_is_read(kind: FileKind, tmp_path: Path) -> None:
    """Ids, float32 bit by bit, attributes; and the file says its dimension before a row is read."""
    rows = rows_of(23, attributes=kind.attributes)

    with open_reader(written(kind, tmp_path, rows), Choice()) as reader:
        contents, found = reader.contents, read_all(reader)

    assert 3 == contents.dimension
    assert contents.rows in (23, None)
    assert_same(rows, found)


def test_a_file_far_away_reads_as_one_nearby(kind: FileKind, tmp_path: Path) -> None:
    """Ranges of an object are as good as a path."""
    rows = rows_of(23, attributes=kind.attributes)

    with open_reader(ranged(written(kind, tmp_path, rows)), Choice()) as reader:
        found = read_all(reader)

    assert_same(rows, found)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(count=st.integers(0, 40), batch_rows=st.integers(1, 12), resumed_after=st.integers(0, 6))
def test_reading_goes_on_from_any_batch(
    kind: FileKind, tmp_path: Path, count: int, batch_rows: int, resumed_after: int
) -> None:
    """A reader that starts at the end of any batch reads exactly the batches that another one reads after it."""
    if not count and kind.suffix in (".parquet", ".jsonl", ".csv"):
        count = 1
    source = written(kind, tmp_path, rows_of(count, attributes=kind.attributes))

    with open_reader(source, Choice()) as reader:
        whole = list(reader.batches(Cursor(), batch_rows))
    head, tail = whole[:resumed_after], whole[resumed_after:]
    start = head[-1].end if head else Cursor()
    with open_reader(source, Choice()) as reader:
        resumed = list(reader.batches(Cursor.from_document(start.to_document()), batch_rows))

    assert [batch.ids for batch in tail] == [batch.ids for batch in resumed]
    assert [batch.first_row for batch in tail] == [batch.first_row for batch in resumed]
    assert [batch.end for batch in tail] == [batch.end for batch in resumed]
    assert all(np.array_equal(one.vectors, other.vectors) for one, other in zip(tail, resumed, strict=True))
    assert all(len(batch) == batch_rows for batch in whole[:-1])


def test_a_batch_is_all_that_is_held(kind: FileKind, tmp_path: Path) -> None:
    """Reading 60 batches takes a few batches of memory, wherever reading starts."""
    is_text = kind.suffix in (".jsonl", ".csv")
    batch_rows = 100 if is_text else 500  # numbers in texts take longer to write
    rows = rows_of(60 * batch_rows, 100, attributes=False)
    source = written(kind, tmp_path, rows)
    size_bytes = rows.vectors.nbytes
    del rows

    with open_reader(source, Choice()) as reader:
        start = Cursor() if is_text else Cursor(50 * batch_rows)
        list(itertools.islice(reader.batches(start, batch_rows), 1))  # imports and buffers are not counted
        arrow_before = pa.total_allocated_bytes()
        tracemalloc.start()
        arrow_peak, count = 0, 0
        for batch in itertools.islice(reader.batches(start, batch_rows), 10):
            arrow_peak = max(arrow_peak, pa.total_allocated_bytes() - arrow_before)
            count += len(batch)
        peak = tracemalloc.get_traced_memory()[1] + arrow_peak
        tracemalloc.stop()

    assert 10 * batch_rows == count
    assert peak < size_bytes / 3


@pytest.mark.parametrize("kind", BINARY, ids=[kind.suffix for kind in BINARY])
def test_a_truncated_file_is_refused_by_name(kind: FileKind, tmp_path: Path) -> None:
    """A file that was cut short is an error that names it; its rows are never silently fewer."""
    source = written(kind, tmp_path, rows_of(500, 50, attributes=False))
    assert source.path is not None
    content = source.path.read_bytes()
    source.path.write_bytes(content[: len(content) * 2 // 3])

    with pytest.raises(InvalidFile) as refusal, open_reader(LocalSource(source.path), Choice()) as reader:
        read_all(reader)

    assert f"vectors{kind.suffix}" in str(refusal.value)


@pytest.mark.parametrize("kind", BINARY, ids=[kind.suffix for kind in BINARY])
@pytest.mark.parametrize("content", [b"", b"PAR1", b"\x93NUMPY", b"not a file of vectors at all\n" * 9])
def test_what_is_no_such_file_is_refused_by_name(kind: FileKind, content: bytes, tmp_path: Path) -> None:
    """Arbitrary bytes are refused in words, whatever the name promises."""
    path = tmp_path / f"odd{kind.suffix}"
    path.write_bytes(content)

    with pytest.raises(InvalidFile, match="odd"), open_reader(LocalSource(path), Choice()) as reader:
        read_all(reader)


def test_bytes_that_do_not_arrive_are_not_the_fault_of_the_file(kind: FileKind, tmp_path: Path) -> None:
    """A store that stops answering in the middle is that store's error, so that it is tried again."""
    near = ranged(written(kind, tmp_path, rows_of(4000, 200, attributes=False)))
    calls = itertools.count()

    def fails_later(start: int, length: int) -> bytes:
        if next(calls) >= fail_at:
            raise ConnectionError("the network is down")
        return _range(near, start, length)

    for fail_at in range(3):
        calls = itertools.count()
        source = RangedSource(near.name, near.size_bytes, "1", fails_later, near.sibling)
        try:
            with open_reader(source, Choice()) as reader:
                read_all(reader)
        except ConnectionError:
            continue
        assert next(calls) <= fail_at


def _range(source: RangedSource, start: int, length: int) -> bytes:
    file = source.open()
    file.seek(start)
    return file.read(length)


@pytest.mark.parametrize(
    ("name", "form"),
    [("a.parquet", Format.PARQUET), ("A.PQ", Format.PARQUET), ("a.b.ndjson", Format.JSONL), ("a.h5", Format.HDF5)],
)
def test_the_name_tells_the_format(name: str, form: Format) -> None:
    """By its suffix, whatever the case."""
    assert form == format_of(name)


def test_a_name_that_tells_nothing_is_refused_with_the_choices() -> None:
    """The message says which suffixes there are."""
    with pytest.raises(InvalidFile, match=r"vectors\.bin.*\.parquet.*hdf5"):
        format_of("vectors.bin")


def test_identity_changes_with_the_file_and_its_ids(tmp_path: Path) -> None:
    """Progress of one file is never taken for that of another, nor of the same with other ids."""
    source = written(KINDS["npy"], tmp_path, rows_of(3))
    before = identity_of(source)
    same = identity_of(LocalSource(tmp_path / "vectors.npy"))
    (tmp_path / "vectors.ids.txt").write_text("a\nb\nc\nd\n")

    assert before == same
    assert before != identity_of(source)


@pytest.mark.parametrize("far_away", [False, True])
def test_hdf5_reads_no_other_file(tmp_path: Path, far_away: bool) -> None:  # noqa: FBT001
    """External storage, virtual data sets and links to other files would bring back anything the process can read."""
    secret = tmp_path / "secret"
    secret.write_bytes(b"password" * 6)
    other, path = tmp_path / "other.hdf5", tmp_path / "vectors.hdf5"
    with h5py.File(other, "w") as file:
        file["train"] = np.ones((2, 3), np.float32)
    with h5py.File(path, "w") as file:
        file["inside"] = np.ones((2, 3), np.float32)
        file["linked"] = h5py.ExternalLink(str(other), "train")
        file["soft"] = h5py.SoftLink("/linked")
        file.create_dataset("stored", (4, 3), np.float32, external=[(str(secret), 0, 48)])
        layout = h5py.VirtualLayout((2, 3), np.float32)
        layout[:] = h5py.VirtualSource(str(other), "train", (2, 3))
        file.create_virtual_dataset("virtual", layout)
    source = ranged(LocalSource(path)) if far_away else LocalSource(path)

    for name in ("linked", "soft", "stored", "virtual"):
        with pytest.raises(InvalidFile, match="one of: inside"):
            open_reader(source, Choice(None, name, None))
    with open_reader(source, Choice(None, "inside", None)) as reader:
        assert 2 == reader.contents.rows
