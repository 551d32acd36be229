"""NumPy and HDF5 files: which arrays are taken for what, and what is refused."""

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from shared.bulk.choice import Choice
from shared.bulk.formats import open_reader
from shared.bulk.problems import InvalidFile
from shared.bulk.rows import Contents
from shared.bulk.source import LocalSource, RangedSource
from shared.domain.collection import Metric
from tests.unit.shared.bulk.files import Rows, read_all

VECTORS = np.arange(6, dtype=np.float32).reshape(3, 2)


def read(path: Path, **options: Any) -> Rows:
    """All rows of a file."""
    with open_reader(LocalSource(path), Choice(**options)) as reader:
        return read_all(reader)


def npy(tmp_path: Path, array: np.ndarray[Any, Any]) -> Path:
    """A file of one array."""
    path = tmp_path / "a.npy"
    np.save(path, array, allow_pickle=True)
    return path


def npz(tmp_path: Path, **arrays: Any) -> Path:
    """A file of several arrays."""
    path = tmp_path / "a.npz"
    np.savez(path, **arrays)
    return path


def hdf5(tmp_path: Path, distance: str = "angular", **sets: Any) -> Path:
    """A file in the layout of ann-benchmarks."""
    path = tmp_path / "a.hdf5"
    with h5py.File(path, "w") as file:
        file.attrs["distance"] = distance
        for name, values in sets.items():
            file[name] = values
    return path


def test_rows_without_ids_are_called_by_their_numbers(tmp_path: Path) -> None:
    """From 0, as NumPy counts."""
    assert ["0", "1", "2"] == read(npy(tmp_path, VECTORS)).ids


@pytest.mark.parametrize("dtype", ["<f2", "<f8", ">f4", "i1", "u1", "<i4"])
def test_numbers_of_any_type_become_float32(dtype: str, tmp_path: Path) -> None:
    """Half and double precision, integers, and the other byte order."""
    assert np.array_equal(VECTORS, read(npy(tmp_path, VECTORS.astype(dtype))).vectors)


def test_an_array_in_column_order_is_read_as_it_is_meant(tmp_path: Path) -> None:
    """Rows come out right, however they are laid out."""
    assert np.array_equal(VECTORS, read(npy(tmp_path, np.asfortranarray(VECTORS))).vectors)


def test_an_array_in_column_order_far_away_is_refused_with_the_remedy(tmp_path: Path) -> None:
    """Each of its rows would take as many ranges as it has numbers."""
    content = npy(tmp_path, np.asfortranarray(VECTORS)).read_bytes()
    source = RangedSource("a.npy", len(content), "1", lambda start, length: content[start : start + length])

    with pytest.raises(InvalidFile, match=r"column order, allowed: row order: save numpy\.ascontiguousarray"):
        open_reader(source, Choice())


@pytest.mark.parametrize("ids", [np.array([5, 6, 7]), np.array(["5", "6", "7"]), np.array([b"5", b"6", b"7"])])
def test_ids_are_texts_bytes_or_integers(ids: Any, tmp_path: Path) -> None:
    """In an array beside the vectors, too."""
    np.save(tmp_path / "a.ids.npy", ids)

    assert ["5", "6", "7"] == read(npy(tmp_path, VECTORS)).ids


def test_arrays_of_one_value_a_row_are_attributes(tmp_path: Path) -> None:
    """Others are left alone; NaN is how arrays say that a value is missing."""
    path = npz(
        tmp_path, vectors=VECTORS, rank=[1, 2, 3], share=[0.5, np.nan, 1.5], word=["a", "b", "c"], queries=VECTORS[:2]
    )

    found = read(path)

    assert [{"rank": 1, "share": 0.5, "word": "a"}, {"rank": 2, "word": "b"}] == found.attributes[:2]


def test_arrays_can_have_other_names(tmp_path: Path) -> None:
    """And attributes can be chosen."""
    path = npz(tmp_path, emb=VECTORS, keys=["x", "y", "z"], rank=[1, 2, 3], other=[4, 5, 6])

    found = read(path, vector_field="emb", id_field="keys", attribute_fields=("rank",))

    assert (["x", "y", "z"], [{"rank": 1}, {"rank": 2}, {"rank": 3}]) == (found.ids, found.attributes)


def test_the_layout_of_ann_benchmarks_tells_the_metric(tmp_path: Path) -> None:
    """`train` are the records, `distance` the metric; queries and truth are not imported."""
    path = hdf5(tmp_path, train=VECTORS, test=VECTORS[:1], neighbors=[[0]], distances=[[0.0]])

    with open_reader(LocalSource(path), Choice()) as reader:
        found = read_all(reader)

    assert Contents(2, 3, Metric.COSINE) == reader.contents
    assert (["0", "1", "2"], [None, None, None]) == (found.ids, found.attributes)


def test_another_data_set_can_be_chosen(tmp_path: Path) -> None:
    """The queries of a benchmark, say, with an attribute that is named."""
    path = hdf5(tmp_path, train=VECTORS, test=VECTORS[:2] + 1, words=[b"a", b"b"])

    found = read(path, vector_field="test", attribute_fields=("words",))

    assert np.array_equal(VECTORS[:2] + 1, found.vectors)
    assert [{"words": "a"}, {"words": "b"}] == found.attributes


def _text_ids(tmp_path: Path, text: str) -> Path:
    (tmp_path / "a.ids.txt").write_text(text)
    return npy(tmp_path, VECTORS)


@pytest.mark.parametrize(
    ("make", "options", "said"),
    [
        (lambda t: npy(t, np.array([{}], object)), {}, r"a\.npy: got pickled objects"),
        (lambda t: npy(t, VECTORS[0]), {}, r"a\.npy, vectors: got shape \(2,\) of float32, allowed: a table"),
        (lambda t: npy(t, np.array([["x"]])), {}, r"a\.npy, vectors: got shape \(1, 1\) of <U1"),
        (lambda t: npy(t, VECTORS), {"id_field": "k"}, r"a\.npy, id_field: got 'k', allowed: nothing"),
        (lambda t: npy(t, VECTORS), {"attribute_fields": ("k",)}, r"a\.npy, attribute_fields: got"),
        (lambda t: _text_ids(t, "a\nb\n"), {}, r"a\.ids\.txt: got 2 lines, allowed: 3: as many ids"),
        (lambda t: _text_ids(t, "a\n\nc\n"), {}, r"a\.npy, row 1, id: got '', allowed: a text"),
        (lambda t: _text_ids(t, "a\n" + "b" * 5000), {}, r"a\.ids\.txt, line 2, id: got over 4096 bytes"),
        (lambda t: npz(t, other=VECTORS), {}, r"a\.npz, vector_field: got 'vectors', allowed: one of: other"),
        (lambda t: npz(t, vectors=VECTORS, ids=["a"]), {}, r"a\.npz, ids: got shape \(1,\), allowed: \(3,\)"),
        (lambda t: npz(t, vectors=VECTORS, ids=[0.5, 1, 2]), {}, r"a\.npz, row 0, id: got an array of float64"),
        (lambda t: npz(t, vectors=VECTORS, ids=[b"a", b"\xff", b"c"]), {}, r"a\.npz, row 1, id: got b'\\xff'"),
        (lambda t: npz(t, vectors=VECTORS), {"attribute_fields": ("k",)}, r"attribute_fields: got 'k'"),
        (lambda t: hdf5(t, test=VECTORS), {}, r"a\.hdf5, vector_field: got 'train', allowed: one of: test"),
        (
            lambda t: hdf5(t, "jaccard", train=VECTORS),
            {},
            r"a\.hdf5, distance: got 'jaccard', allowed: one of: angular",
        ),
    ],
)
def test_what_does_not_fit_is_named_with_what_is_allowed(
    make: Any, options: dict[str, Any], said: str, tmp_path: Path
) -> None:
    """File, field or row, value, what is allowed."""
    path = make(tmp_path)

    with pytest.raises(InvalidFile, match=said):
        read(path, **options)
