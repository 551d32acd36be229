"""One Parquet file written in several parts, each by whoever is at hand, with nothing kept between them but footers.

A part holds whole row groups. It is written as if it stood at its place in the file: what pyarrow believes to have
written before it is skipped, so that every offset in its footer is right. The file is all parts one after the other,
then one footer, merged from theirs.

Imported when such a file is written: pyarrow takes a third of a second, which is cold start.
"""

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from shared.bulk import parquet_columns as columns
from shared.domain.collection import AttributeType, Collection

MAGIC: Final = b"PAR1"
_FORMAT: Final = 1
_ZEROS: Final = bytes(1 << 24)


@dataclass(frozen=True)
class Part:
    """Row groups of a file: how many bytes and rows, and the footer that describes them."""

    size_bytes: int
    rows: int
    footer: bytes


def schema_of(collection: Collection, version: str) -> Any:
    """The columns of an export; its metadata says of which collection at which version."""
    declared = [
        pa.field(columns.column_of(name), columns.ARROW_TYPES[kind]) for name, kind in collection.attributes.items()
    ]
    origin = {"format": _FORMAT, "collection": collection.to_document(), "version": version}
    return pa.schema(
        [
            pa.field(columns.ID, pa.string(), nullable=False),
            pa.field(columns.VECTOR, pa.list_(pa.float32(), collection.dimension), nullable=False),
            *declared,
            pa.field(columns.OTHERS, pa.string()),
        ],
        metadata={columns.METADATA_KEY: orjson.dumps(origin)},
    )


def row_group(
    schema: Any,
    collection: Collection,
    ids: Sequence[str],
    vectors: NDArray[np.float32],
    attributes: Sequence[Mapping[str, Any] | None],
) -> Any:
    """Records as they stand in a file of this schema."""
    flat = pa.array(np.ascontiguousarray(vectors).reshape(-1))
    given = [row or {} for row in attributes]
    declared = [
        pa.array([_typed(row.get(name), kind) for row in given], columns.ARROW_TYPES[kind])
        for name, kind in collection.attributes.items()
    ]
    others = pa.array([_others(row, collection.attributes) for row in given], pa.string())
    table = pa.FixedSizeListArray.from_arrays(flat, collection.dimension)
    return pa.record_batch([pa.array(ids, pa.string()), table, *declared, others], schema=schema)


def write_part(path: Path, schema: Any, row_groups: Iterable[Any], *, start: int) -> Part:
    """Write row groups to a file of their own, as they stand `start` bytes from the beginning of the whole.

    The first part starts at 0 and begins with the format's magic bytes.
    """
    with path.open("wb") as file:
        sink = _Sink(file, skipped_bytes=start)
        rows = 0
        with pa.PythonFile(sink, "w") as stream, pq.ParquetWriter(stream, schema, **_encoding(schema)) as writer:
            _pass_over(stream, start - len(MAGIC))
            for group in row_groups:
                writer.write_batch(group, row_group_size=max(1, group.num_rows))
                rows += group.num_rows
            end = file.tell()
            writer.close()
        size_bytes = file.tell()
    with path.open("r+b") as file:
        file.seek(end)
        footer = file.read(size_bytes - end)
        file.truncate(end)
    return Part(end, rows, footer)


def closing(footers: Sequence[bytes]) -> bytes:
    """What stands behind the last part: the footer of the whole file.

    Raises:
        ValueError: there is no part.
    """
    if not footers:
        raise ValueError("a file needs a part, be it without rows")
    whole, *others = (pq.read_metadata(pa.BufferReader(MAGIC + footer)) for footer in footers)
    for part in others:
        whole.append_row_groups(part)
    written = io.BytesIO()
    whole.write_metadata_file(written)
    return written.getvalue()[len(MAGIC) :]


def _encoding(schema: Any) -> Mapping[str, Any]:
    """Bytes of like significance side by side make vectors a sixth smaller; zstd writes 170 MB/s of them, one core."""
    attributes = [name for name in schema.names if name not in (columns.ID, columns.VECTOR)]
    return {
        "compression": "zstd",
        "use_dictionary": attributes,
        "use_byte_stream_split": [f"{columns.VECTOR}.list.element"],
    }


def _pass_over(stream: Any, size_bytes: int) -> None:
    zeros = memoryview(_ZEROS)
    while size_bytes > 0:
        stream.write(zeros[:size_bytes])
        size_bytes -= min(size_bytes, len(_ZEROS))


class _Sink(io.RawIOBase):
    """Writes to a file what comes after the first `skipped_bytes`."""

    def __init__(self, file: BinaryIO, skipped_bytes: int) -> None:
        super().__init__()
        self._file = file
        self._left_to_skip = skipped_bytes

    def writable(self) -> bool:
        """True."""
        return True

    def write(self, content: Any) -> int:
        """Take bytes; those to be skipped come in pieces of their own."""
        size_bytes = len(content)
        if self._left_to_skip > 0:
            self._left_to_skip -= size_bytes
        else:
            self._file.write(content)
        return size_bytes


def _typed(value: Any, kind: AttributeType) -> Any:
    """What a typed column holds of a value; None where it cannot."""
    if kind is AttributeType.FLOAT and isinstance(value, int):
        return float(value)
    return value


def _others(row: Mapping[str, Any], declared: Mapping[str, AttributeType]) -> str | None:
    """As JSON, what the typed columns do not hold as it is."""
    rest = {name: value for name, value in row.items() if not _is_held(value, declared.get(name))}
    return orjson.dumps(rest).decode() if rest else None


def _is_held(value: Any, kind: AttributeType | None) -> bool:
    if kind is None or value is None:
        return False
    return kind is not AttributeType.FLOAT or float(value) == value
