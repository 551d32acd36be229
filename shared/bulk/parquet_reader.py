"""Parquet: a column of ids, one of vectors, and all others as attributes.

Imported when such a file is read: pyarrow takes a third of a second, which is cold start.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from typing import Any, Final

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from shared.bulk import parquet_columns as columns
from shared.bulk.choice import Choice
from shared.bulk.ids import check_ids
from shared.bulk.parquet_values import attributes_of, ids_of, vectors_of
from shared.bulk.problems import in_row, reading, refused
from shared.bulk.rows import Batch, ClosesOnExit, Contents, Cursor
from shared.bulk.source import Source
from shared.domain.collection import AttributeType, Metric
from shared.domain.limits import ATTRIBUTE_NAME
from shared.errors import shortened

_ALLOWED: Final = "a Parquet file"
_BUFFER_BYTES: Final = 1 << 20
"""Of each column; without it, pyarrow reads the whole column of a row group, however large."""
_DECODED_ROWS: Final = 4096
"""At a time, at most: what is decoded and not yet wanted stays below 64 MiB at the largest dimension."""


class ParquetRows(ClosesOnExit):
    """Reads a Parquet file in the order of its rows, whatever its row groups are."""

    def __init__(self, source: Source, choice: Choice, file: Any) -> None:
        """Read the schema of `file`, which is `source` opened by pyarrow.

        Raises:
            InvalidFile: columns are missing, or of types that cannot be read.
        """
        self._source = source
        self._file = file
        names = self._file.schema_arrow.names
        self._id = _id_column(source.name, choice, names)
        self._vector = choice.vector(source.name, columns.VECTOR, names)
        others = [name for name in names if name not in (self._id, self._vector)]
        self._attributes = choice.attributes(source.name, others)
        self._check_types()
        self.contents = self._contents()

    def batches(self, start: Cursor, batch_rows: int) -> Iterator[Batch]:
        """As `RowReader.batches`."""
        row, held = start.row, None
        for part in self._tables_from(start.row, batch_rows):
            held = part if held is None else pa.concat_tables([held, part])
            while held.num_rows >= batch_rows:
                yield self._batch(held.slice(0, batch_rows), row)
                row, held = row + batch_rows, held.slice(batch_rows)
        if held is not None and held.num_rows:
            yield self._batch(held, row)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close(force=True)

    def _tables_from(self, row: int, batch_rows: int) -> Iterator[Any]:
        """The wanted columns from a row on; row groups before it are not read."""
        group, first, metadata = 0, 0, self._file.metadata
        while group < metadata.num_row_groups and first + metadata.row_group(group).num_rows <= row:
            first, group = first + metadata.row_group(group).num_rows, group + 1
        skipped = row - first
        groups = list(range(group, metadata.num_row_groups))
        wanted = [self._id, self._vector, *self._attributes]
        with reading(self._source, _ALLOWED, pa.ArrowException, OSError):
            for part in self._file.iter_batches(min(batch_rows, _DECODED_ROWS), groups, wanted, use_threads=False):
                dropped = min(skipped, part.num_rows)
                skipped -= dropped
                if dropped < part.num_rows:
                    yield pa.Table.from_batches([part.slice(dropped)])

    def _batch(self, table: Any, row: int) -> Batch:
        def where(name: str) -> Any:
            return lambda place: in_row(self._source.name, row + place, name)

        ids = ids_of(table.column(self._id), where(self._id))
        check_ids(ids, where(self._id))
        vectors = vectors_of(table.column(self._vector), self.contents.dimension, where(self._vector))
        attributes = attributes_of(table, self._attributes, where)
        return Batch(self._source.name, row, ids, vectors, attributes, Cursor(row + len(ids)))

    def _check_types(self) -> None:
        schema, file = self._file.schema_arrow, self._source.name
        kind = schema.field(self._vector).type
        if not columns.is_vector(kind):
            raise refused(f"{file}, column {self._vector}", str(kind), "lists of numbers")
        for name in self._attributes:
            if not columns.is_readable(schema.field(name).type):
                allowed = f"{columns.READABLE}; or name the attributes to import, without this one"
                raise refused(f"{file}, column {name}", str(schema.field(name).type), allowed)
            if name != columns.OTHERS and not ATTRIBUTE_NAME.fullmatch(columns.attribute_in(name)):
                raise refused(f"{file}, column {name}", shortened(name), f"names matching {ATTRIBUTE_NAME.pattern}")

    def _contents(self) -> Contents:
        rows = self._file.metadata.num_rows
        kind = self._file.schema_arrow.field(self._vector).type
        dimension = kind.list_size if pa.types.is_fixed_size_list(kind) else self._first_length()
        declared = _declaration(self._file.schema_arrow.metadata)
        if declared is None:
            return Contents(dimension, rows, attributes=self._typed())
        attributes = {name: AttributeType(given) for name, given in declared["attributes"].items()}
        return Contents(dimension, rows, Metric(declared["metric"]), attributes)

    def _typed(self) -> dict[str, AttributeType]:
        """What the columns of attributes are, by the schema."""
        schema = self._file.schema_arrow
        kinds = {name: columns.attribute_type(schema.field(name).type) for name in self._attributes}
        return {columns.attribute_in(name): kind for name, kind in kinds.items() if kind and name != columns.OTHERS}

    def _first_length(self) -> int | None:
        with reading(self._source, _ALLOWED, pa.ArrowException, OSError):
            first = next(self._file.iter_batches(1, columns=[self._vector], use_threads=False), None)
        if first is None or not first.num_rows:
            return None
        value = first.column(0)[0]
        if not value.is_valid:
            raise refused(in_row(self._source.name, 0, self._vector), "nothing", "a list of numbers")
        return len(value)


def _id_column(file: str, choice: Choice, names: list[str]) -> str:
    found = choice.id(file, columns.ID, names)
    if found is None:
        raise refused(f"{file}, id_field", "nothing", f"the column of the ids, one of: {', '.join(names)}"[:500])
    return found


def _declaration(metadata: Mapping[bytes, bytes] | None) -> Mapping[str, Any] | None:
    """The collection that an export came from; None in a file of another origin."""
    content = (metadata or {}).get(columns.METADATA_KEY)
    if content is None:
        return None
    try:
        declared: Mapping[str, Any] = orjson.loads(content)["collection"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return None
    return declared


def open_parquet(source: Source, choice: Choice) -> ParquetRows:
    """Read a Parquet file.

    Raises:
        InvalidFile: it is not Parquet; or as for `ParquetRows`.
    """
    with ExitStack() as opened:
        content = opened.enter_context(source.open())
        with reading(source, _ALLOWED, pa.ArrowException, OSError):
            file = pq.ParquetFile(content, buffer_size=_BUFFER_BYTES, pre_buffer=False)
        reader = ParquetRows(source, choice, file)
        opened.pop_all()
        return reader
