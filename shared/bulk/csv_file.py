"""CSV: one record a line, and what the columns are in the first."""

import codecs
import csv
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from itertools import islice
from typing import Any, BinaryIO, Final, NamedTuple

from shared.bulk.choice import Choice
from shared.bulk.csv_cells import ALLOWED, VECTOR, value_of, vector_of
from shared.bulk.csv_header import Header
from shared.bulk.ids import check_ids
from shared.bulk.jsonl import MAX_LINE_BYTES
from shared.bulk.problems import in_line, refused
from shared.bulk.rows import Batch, ClosesOnExit, Contents, Cursor
from shared.bulk.source import Source
from shared.bulk.stacking import stacked
from shared.errors import shortened

_DELIMITERS: Final = ",;\t"


class _Record(NamedTuple):
    line: int
    end: Cursor
    cells: list[str]


class _Lines:
    """The lines of a file as texts, and where the last one that was taken ends."""

    def __init__(self, name: str, file: BinaryIO, start: Cursor) -> None:
        file.seek(start.byte)
        self.end = start
        self._name = name
        self._file = file
        self._began = start

    def begin_record(self) -> int:
        """Count from here; the number of the line that comes next."""
        self._began = self.end
        return self.end.line + 1

    def __iter__(self) -> Iterator[str]:
        while content := self._file.readline(MAX_LINE_BYTES + 1):
            self.end = Cursor(0, self.end.byte + len(content), self.end.line + 1)
            if self.end.byte - self._began.byte > MAX_LINE_BYTES:
                allowed = f"at most {MAX_LINE_BYTES} bytes; is a quote open?"
                raise refused(self._where, f"over {MAX_LINE_BYTES} bytes", allowed)
            try:
                yield content.decode()
            except UnicodeDecodeError:
                raise refused(self._where, "other bytes", "UTF-8") from None

    @property
    def _where(self) -> str:
        return in_line(self._name, self._began.line + 1, "the record")


class CsvRows(ClosesOnExit):
    """Records one a line, or over several where quotes hold them together; empty lines are passed over."""

    def __init__(self, source: Source, choice: Choice, file: BinaryIO) -> None:
        """Read the header and the first record of `file`, which is `source` opened.

        Raises:
            InvalidFile: they are none.
        """
        self._source = source
        self._file = file
        self._width: int | None = None
        first_line = file.readline(MAX_LINE_BYTES)
        self._delimiter = max(_DELIMITERS, key=first_line.decode(errors="replace").count)
        before = len(codecs.BOM_UTF8) if first_line.startswith(codecs.BOM_UTF8) else 0
        header = next(self._records(Cursor(0, before)), None)
        if header is None:
            raise refused(source.name, "an empty file", "CSV with the names of the columns in its first line")
        self._columns = Header.of(source.name, header.cells, choice)
        self._first, self._width = header.end, len(header.cells)
        first = next(self._records(self._first), None)
        attributes = {name: kind for name, (_, kind) in self._columns.attributes.items()}
        self.contents = Contents(None if first is None else len(self._vector(first)), None, None, attributes)

    def batches(self, start: Cursor, batch_rows: int) -> Iterator[Batch]:
        """As `RowReader.batches`."""
        records, row = self._records(start if start.byte else self._first), start.row
        while chunk := list(islice(records, batch_rows)):
            yield self._batch(chunk, row)
            row += len(chunk)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _batch(self, chunk: list[_Record], first_row: int) -> Batch:
        ids = [record.cells[self._columns.id] for record in chunk]
        check_ids(ids, lambda place: in_line(self._source.name, chunk[place].line, "the id"))
        vectors = stacked(
            map(self._vector, chunk),
            (len(chunk), self.contents.dimension or 0),
            lambda place: in_line(self._source.name, chunk[place].line, "the vector"),
            "record",
        )
        last = chunk[-1].end
        end = Cursor(first_row + len(chunk), last.byte, last.line)
        attributes = [self._attributes(record) for record in chunk]
        return Batch(self._source.name, first_row, ids, vectors, attributes, end, [record.line for record in chunk])

    def _records(self, start: Cursor) -> Iterator[_Record]:
        """Each with its line, the first of several, and where the next one begins."""
        lines = _Lines(self._source.name, self._file, start)
        reader = csv.reader(lines, delimiter=self._delimiter, strict=True)
        while True:
            line = lines.begin_record()
            try:
                cells = next(reader, None)
            except csv.Error as error:
                where = in_line(self._source.name, line, "the record")
                raise refused(where, str(error), "CSV as RFC 4180 has it") from None
            if cells is None:
                return
            if cells:
                yield _Record(line, lines.end, self._whole(cells, line))

    def _whole(self, cells: list[str], line: int) -> list[str]:
        if self._width not in (None, len(cells)):
            allowed = f"{self._width}, as in the first line; quotes hold a cell with {self._delimiter!r} in it together"
            raise refused(in_line(self._source.name, line, "the record"), f"{len(cells)} cells", allowed)
        return cells

    def _vector(self, record: _Record) -> list[float]:
        text = record.cells[self._columns.vector]
        try:
            found = vector_of(text)
        except ValueError:
            found = []
        if not found:
            raise refused(in_line(self._source.name, record.line, "the vector"), shortened(text), VECTOR)
        return found

    def _attributes(self, record: _Record) -> Mapping[str, Any] | None:
        """Of the cells that are not empty."""
        found = {}
        for name, (place, kind) in self._columns.attributes.items():
            if text := record.cells[place]:
                try:
                    found[name] = value_of(text, kind)
                except ValueError:
                    where = in_line(self._source.name, record.line, name)
                    raise refused(where, shortened(text), ALLOWED[kind]) from None
        return {name: value for name, value in found.items() if value is not None} or None


def open_csv(source: Source, choice: Choice) -> CsvRows:
    """Read CSV.

    Raises:
        InvalidFile: it has no header, or the first record is none.
    """
    with ExitStack() as opened:
        reader = CsvRows(source, choice, opened.enter_context(source.open()))
        opened.pop_all()
        return reader
