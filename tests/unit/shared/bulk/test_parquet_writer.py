"""A file that was written in parts is one Parquet file, and holds what was written."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import orjson
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.bulk import parquet_writer
from shared.bulk.choice import Choice
from shared.bulk.parquet_reader import open_parquet
from shared.bulk.rows import Contents
from shared.bulk.source import LocalSource
from shared.domain.collection import AttributeType, Collection, Metric
from tests.unit.shared.bulk.files import Rows, read_all

DECLARED = {
    "lang": AttributeType.STRING,
    "rank": AttributeType.INTEGER,
    "share": AttributeType.FLOAT,
    "good": AttributeType.BOOLEAN,
    "tags": AttributeType.STRING_LIST,
    "id": AttributeType.STRING,
    "vector": AttributeType.INTEGER,
}
COLLECTION = Collection("c", "u", 2, Metric.DOT, 3, DECLARED, "2026-06-01T12:00:00+00:00")

_int64 = st.integers(-(2**63), 2**63 - 1)
_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
_float = st.floats(allow_nan=False, allow_infinity=False)
_json = st.recursive(st.none() | st.booleans() | _int64 | _float | _text, lambda inner: st.lists(inner, max_size=3))
_attributes = st.fixed_dictionaries(
    {},
    optional={
        "lang": st.none() | _text,
        "rank": st.none() | _int64,
        "share": st.none() | _float | _int64,
        "good": st.none() | st.booleans(),
        "tags": st.none() | st.lists(_text, max_size=3),
        "id": st.none() | _text,
        "vector": st.none() | _int64,
        "undeclared": _json,
    },
)


def write(folder: Path, parts: list[Rows]) -> Path:
    """One file of these parts, each written on its own."""
    path, schema = folder / "whole.parquet", parquet_writer.schema_of(COLLECTION, "0:1,1:2,2:0")
    content, footers = b"", list[bytes]()
    for number, rows in enumerate(parts):
        group = parquet_writer.row_group(schema, COLLECTION, rows.ids, rows.vectors, rows.attributes)
        part_path = folder / f"part-{number}"
        part = parquet_writer.write_part(part_path, schema, [group] if rows.ids else [], start=len(content))
        written = part_path.read_bytes()
        assert part.size_bytes == len(written)
        assert part.rows == len(rows.ids)
        content, footers = content + written, [*footers, part.footer]
    path.write_bytes(content + parquet_writer.closing(footers))
    return path


def rows_from(records: Sequence[tuple[str, float, Mapping[str, Any] | None]]) -> Rows:
    """Records with vectors of two numbers."""
    vectors = np.array([[number, 1] for _, number, _ in records], np.float32).reshape(len(records), 2)
    return Rows([record_id for record_id, _, _ in records], vectors, [given or None for _, _, given in records])


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.lists(st.tuples(_text.filter(bool), st.floats(width=32, allow_nan=False), _attributes), max_size=4),
        min_size=1,
        max_size=5,
    )
)
def test_what_was_written_in_parts_is_read_as_one(parts: list[list[tuple[str, float, dict[str, Any]]]]) -> None:
    """Ids, vectors bit by bit, and every attribute: declared or not, null, beyond what a double holds."""
    with TemporaryDirectory() as folder:
        path = write(Path(folder), [rows_from(part) for part in parts])

        with open_parquet(LocalSource(path), Choice()) as reader:
            found = read_all(reader, batch_rows=3)

    wanted = rows_from([record for part in parts for record in part])
    assert wanted.ids == found.ids
    assert wanted.vectors.tobytes() == found.vectors.tobytes()
    assert wanted.attributes == found.attributes


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file of three parts, one of them without rows."""
    first = rows_from([("a", 1.0, {"lang": "en", "rank": 1}), ("b", 2.0, None)])
    return write(tmp_path, [first, rows_from([]), rows_from([("c", 3.0, {"lang": "de", "other": [1]})])])


def test_other_tools_see_typed_columns(path: Path) -> None:
    """Vectors of fixed length, attributes of their declared types, one row group for each part that has rows."""
    table = pq.read_table(path)

    assert "fixed_size_list<element: float>[2]" == str(table.schema.field("vector").type)
    assert ["string", "int64", "double", "bool", "list<element: string>"] == [
        str(table.schema.field(name).type) for name in ("lang", "rank", "share", "good", "tags")
    ]
    assert ["en", None, "de"] == table.column("lang").to_pylist()
    assert [None, None, '{"other":[1]}'] == table.column("attributes:json").to_pylist()
    assert 2 == pq.ParquetFile(path).metadata.num_row_groups


def test_the_file_says_where_it_comes_from(path: Path) -> None:
    """The declaration of the collection and the version, for people, programs and the next import."""
    origin = orjson.loads(pq.read_schema(path).metadata[b"swell"])
    with open_parquet(LocalSource(path), Choice()) as reader:
        contents = reader.contents

    assert ("0:1,1:2,2:0", COLLECTION.to_document()) == (origin["version"], origin["collection"])
    assert Contents(2, 3, Metric.DOT, DECLARED) == contents


def test_a_part_is_written_at_any_distance(tmp_path: Path) -> None:
    """A part a terabyte into a file costs no more memory or disk than the first."""
    schema = parquet_writer.schema_of(COLLECTION, "0:1")
    rows = rows_from([("a", 1.0, None)])
    group = parquet_writer.row_group(schema, COLLECTION, rows.ids, rows.vectors, rows.attributes)

    near = parquet_writer.write_part(tmp_path / "near", schema, [group], start=1000)
    far = parquet_writer.write_part(tmp_path / "far", schema, [group], start=10**12)

    assert near.size_bytes == far.size_bytes
    assert (tmp_path / "near").read_bytes() == (tmp_path / "far").read_bytes()


def test_a_file_without_parts_is_refused() -> None:
    """Even an empty collection has a part, which carries the schema."""
    with pytest.raises(ValueError, match="needs a part"):
        parquet_writer.closing([])
