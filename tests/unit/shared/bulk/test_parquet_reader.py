"""Parquet: which columns are taken for what, and what is refused."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from shared.bulk.choice import Choice
from shared.bulk.parquet_reader import open_parquet
from shared.bulk.problems import InvalidFile
from shared.bulk.source import LocalSource
from tests.unit.shared.bulk.files import Rows, read_all

FIXED = pa.list_(pa.float32(), 2)
TWO = pa.array([[1, 2], [3, 4]], FIXED)


def read(tmp_path: Path, columns: dict[str, Any], **options: Any) -> Rows:
    """All rows of a file with these columns."""
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table(columns), path)
    with open_parquet(LocalSource(path), Choice(**options)) as reader:
        return read_all(reader)


@pytest.mark.parametrize(
    "kind",
    [
        FIXED,
        pa.list_(pa.float32()),
        pa.large_list(pa.float64()),
        pa.list_(pa.float16()),
        pa.list_(pa.int8(), 2),
    ],
    ids=str,
)
def test_vectors_are_lists_of_any_kind_of_number(kind: Any, tmp_path: Path) -> None:
    """Of fixed length or not, of any width, floating or not."""
    found = read(tmp_path, {"id": ["a", "b"], "vector": TWO.cast(kind)})

    assert [[1, 2], [3, 4]] == found.vectors.tolist()


@pytest.mark.parametrize(
    "ids", [pa.array(["7", "8"]), pa.array(["7", "8"]).dictionary_encode(), pa.array([7, 8], pa.uint16())], ids=str
)
def test_ids_are_texts_or_integers(ids: Any, tmp_path: Path) -> None:
    """Dictionary-encoded ones, too."""
    assert ["7", "8"] == read(tmp_path, {"id": ids, "vector": TWO}).ids


def test_other_columns_are_attributes(tmp_path: Path) -> None:
    """Nulls and NaN are as good as absent; what stands as JSON is added."""
    columns = {
        "id": ["a", "b"],
        "vector": TWO,
        "rank": pa.array([1, None], pa.int16()),
        "share": [float("nan"), 0.5],
        "good": [True, False],
        "tags": [["x", "y"], []],
        "lang": pa.array(["en", "en"]).dictionary_encode(),
        "attribute:id": ["inner", None],
        "attributes:json": [None, '{"nested": {"deep": [1]}, "rank": null}'],
    }

    found = read(tmp_path, columns)

    assert [
        {"rank": 1, "good": True, "tags": ["x", "y"], "lang": "en", "id": "inner"},
        {"share": 0.5, "good": False, "tags": [], "lang": "en", "nested": {"deep": [1]}, "rank": None},
    ] == found.attributes


def test_columns_can_have_other_names(tmp_path: Path) -> None:
    """And a column that cannot be read does no harm where others are named."""
    columns = {"key": ["a", "b"], "emb": TWO, "rank": [1, 2], "when": [datetime(2026, 1, 1, tzinfo=UTC)] * 2}

    found = read(tmp_path, columns, id_field="key", vector_field="emb", attribute_fields=("rank",))

    assert (["a", "b"], [{"rank": 1}, {"rank": 2}]) == (found.ids, found.attributes)


def test_rows_do_not_depend_on_row_groups(tmp_path: Path) -> None:
    """A batch may span row groups, and begin anywhere in one."""
    path, vectors = tmp_path / "a.parquet", np.arange(200, dtype=np.float32).reshape(100, 2)
    table = pa.table({"id": [str(row) for row in range(100)], "vector": pa.array(vectors.tolist(), FIXED)})
    pq.write_table(table, path, row_group_size=33)

    with open_parquet(LocalSource(path), Choice()) as reader:
        found = read_all(reader, batch_rows=40)

    assert [str(row) for row in range(100)] == found.ids
    assert np.array_equal(vectors, found.vectors)


@pytest.mark.parametrize(
    ("columns", "options", "said"),
    [
        ({"vector": TWO, "k": [1, 2]}, {}, "id_field: got nothing, allowed: the column of the ids, one of: vector, k"),
        ({"id": ["a", "b"]}, {}, "vector_field: got 'vector', allowed: one of: id"),
        ({"id": ["a", "b"], "vector": [1, 2]}, {}, "column vector: got int64, allowed: lists of numbers"),
        ({"id": ["a", "b"], "vector": [["x"], ["y"]]}, {}, "column vector: got list<.*string>, allowed: lists of n"),
        ({"id": ["a", None], "vector": TWO}, {}, "row 1, id: got nothing"),
        ({"id": [0.5, 1.5], "vector": TWO}, {}, "row 0, id: got double, allowed: texts or integers"),
        ({"id": ["a", ""], "vector": TWO}, {}, "row 1, id: got '', allowed: a text of 1 to 512 bytes"),
        ({"id": ["a", "b"], "vector": [[1.0, 2.0], [3.0]]}, {}, "row 1, vector: got 1 numbers, allowed: 2, as in the"),
        ({"id": ["a", "b"], "vector": [[1.0, 2.0], None]}, {}, "row 1, vector: got nothing, allowed: 2 numbers"),
        ({"id": ["a", "b"], "vector": [None, [1.0]]}, {}, "row 0, vector: got nothing"),
        ({"id": ["a", "b"], "vector": [[1.0, 2.0], [3.0, None]]}, {}, "row 1, vector: got a null among the numbers"),
        ({"id": ["a", "b"], "vector": pa.array([[1, 2], None], FIXED)}, {}, "row 1, vector: got nothing"),
        ({"id": ["a", "b"], "vector": pa.array([[1, 2], [3, None]], FIXED)}, {}, "row 1, vector: got a null among"),
        (
            {"id": ["a", "b"], "vector": TWO, "when": [datetime(2026, 1, 1, tzinfo=UTC)] * 2},
            {},
            r"column when: got timestamp\[us, tz=UTC\], allowed: booleans, integers.*without this one",
        ),
        ({"id": ["a", "b"], "vector": TWO, "a b": [1, 2]}, {}, "column a b: got 'a b', allowed: names matching"),
        ({"id": ["a", "b"], "vector": TWO, "attributes:json": [None, "[1]"]}, {}, "row 1, attributes:json: got '"),
        ({"id": ["a", "b"], "vector": TWO}, {"attribute_fields": ("k",)}, "attribute_fields: got 'k'"),
    ],
)
def test_what_does_not_fit_is_named_with_what_is_allowed(
    columns: dict[str, Any], options: dict[str, Any], said: str, tmp_path: Path
) -> None:
    """File, row or column, value, what is allowed."""
    with pytest.raises(InvalidFile, match=rf"a\.parquet, {said}"):
        read(tmp_path, columns, **options)


def test_the_schema_tells_what_attributes_are(tmp_path: Path) -> None:
    """What a column can hold whole is declared; columns that are not read, without a type or too wide are not."""
    table = pa.table(
        {
            "id": ["a"],
            "vector": pa.array([[1.0, 2.0]], pa.list_(pa.float32())),
            "title": pa.array(["x"], pa.large_string()),
            "kind": pa.array(["film"]).dictionary_encode(),
            "year": pa.array([1979], pa.int16()),
            "score": pa.array([8.5], pa.float32()),
            "seen": [True],
            "tags": [["space"]],
            "hash": pa.array([2**64 - 1], pa.uint64()),
            "nothing": pa.nulls(1),
            "left_out": [1],
        }
    )
    pq.write_table(table, tmp_path / "rows.parquet")
    wanted = ("title", "kind", "year", "score", "seen", "tags", "hash", "nothing")

    with open_parquet(LocalSource(tmp_path / "rows.parquet"), Choice(attribute_fields=wanted)) as reader:
        found = reader.contents.attributes

    kinds = ("string", "string", "integer", "float", "boolean", "string_list")
    assert dict(zip(wanted[:6], kinds, strict=True)) == {name: kind.value for name, kind in found.items()}
