"""JSON lines: one record a line."""

import base64
import binascii
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from itertools import islice
from typing import Any, BinaryIO, Final, NamedTuple

import numpy as np
import orjson
from numpy.typing import NDArray

from shared.bulk.choice import Choice
from shared.bulk.ids import check_ids
from shared.bulk.problems import in_line, refused
from shared.bulk.rows import Batch, ClosesOnExit, Contents, Cursor
from shared.bulk.source import Source
from shared.bulk.stacking import stacked
from shared.domain.limits import MAX_ATTRIBUTES_BYTES_PER_RECORD, MAX_DIMENSION
from shared.errors import shortened

MAX_LINE_BYTES: Final = MAX_DIMENSION * 32 + 2 * MAX_ATTRIBUTES_BYTES_PER_RECORD
"""The longest line that a record within the limits needs: what is longer is not read into memory."""

_RECORD: Final = 'one JSON object such as {"id": "a", "vector": [0.1, 0.2], "attributes": {"rank": 1}}'
_VECTOR: Final = "an array of numbers, or base64 of little-endian float32"


class _Line(NamedTuple):
    number: int
    end_byte: int
    record: Mapping[str, Any]


class JsonLines(ClosesOnExit):
    """Records one a line; empty lines are passed over. What is neither id nor vector is an attribute."""

    def __init__(self, source: Source, choice: Choice, file: BinaryIO) -> None:
        """Read the first record of `file`, which is `source` opened.

        Raises:
            InvalidFile: it is none.
        """
        self._source = source
        self._id_field = choice.id_field or "id"
        self._vector_field = choice.vector_field or "vector"
        self._attribute_fields = choice.attribute_fields
        self._file = file
        first = next(self._lines(Cursor()), None)
        dimension = None if first is None else len(self._vector(first))
        self.contents = Contents(dimension, None)

    def batches(self, start: Cursor, batch_rows: int) -> Iterator[Batch]:
        """As `RowReader.batches`."""
        lines, row = self._lines(start), start.row
        while chunk := list(islice(lines, batch_rows)):
            yield self._batch(chunk, row)
            row += len(chunk)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _batch(self, chunk: list[_Line], first_row: int) -> Batch:
        ids = [self._id(line) for line in chunk]
        check_ids(ids, lambda place: self._where(chunk[place], self._id_field))
        vectors = stacked(
            map(self._vector, chunk),
            (len(chunk), self.contents.dimension or 0),
            lambda place: self._where(chunk[place], self._vector_field),
            "line",
        )
        end = Cursor(first_row + len(chunk), chunk[-1].end_byte, chunk[-1].number)
        attributes = [self._attributes(line) for line in chunk]
        return Batch(self._source.name, first_row, ids, vectors, attributes, end, [line.number for line in chunk])

    def _lines(self, start: Cursor) -> Iterator[_Line]:
        number, end_byte = start.line, start.byte
        self._file.seek(end_byte)
        while text := self._file.readline(MAX_LINE_BYTES + 1):
            number, end_byte = number + 1, end_byte + len(text)
            if len(text) > MAX_LINE_BYTES:
                where = in_line(self._source.name, number, "the line")
                raise refused(where, f"over {MAX_LINE_BYTES} bytes", f"at most {MAX_LINE_BYTES} bytes")
            if text.strip():
                yield _Line(number, end_byte, self._record(text, number))

    def _record(self, text: bytes, number: int) -> Mapping[str, Any]:
        try:
            record = orjson.loads(text)
        except orjson.JSONDecodeError as error:
            where = in_line(self._source.name, number, "the line")
            raise refused(where, shortened(text[:64].decode(errors="replace")), f"{_RECORD} ({error})") from None
        if not isinstance(record, dict):
            raise refused(in_line(self._source.name, number, "the line"), shortened(record), _RECORD)
        return record

    def _id(self, line: _Line) -> str:
        given = line.record.get(self._id_field)
        if isinstance(given, str):
            return given
        if isinstance(given, int) and not isinstance(given, bool):
            return str(given)
        found = shortened(given) if self._id_field in line.record else "nothing"
        raise refused(self._where(line, self._id_field), found, "a text or an integer")

    def _vector(self, line: _Line) -> "list[float] | NDArray[np.float32]":
        given = line.record.get(self._vector_field)
        if isinstance(given, list) and given and {type(number) for number in given} <= {int, float}:
            return given
        if isinstance(given, str):
            try:
                return np.frombuffer(base64.b64decode(given, validate=True), "<f4")
            except (binascii.Error, ValueError):
                pass
        found = shortened(given) if self._vector_field in line.record else "nothing"
        raise refused(self._where(line, self._vector_field), found, _VECTOR)

    def _attributes(self, line: _Line) -> Mapping[str, Any] | None:
        """The members of `attributes`, and whatever else stands beside id and vector."""
        rest = {name: value for name, value in line.record.items() if name not in self._reserved}
        nested = rest.pop("attributes", None)
        if nested is not None and not isinstance(nested, dict):
            raise refused(self._where(line, "attributes"), shortened(nested), "an object")
        if nested and (twice := nested.keys() & rest.keys()):
            raise refused(self._where(line, "attributes"), shortened(min(twice)), "names that do not stand beside it")
        found = {**rest, **(nested or {})}
        if self._attribute_fields is not None:
            found = {name: found[name] for name in self._attribute_fields if name in found}
        return found or None

    @property
    def _reserved(self) -> tuple[str, str]:
        return self._id_field, self._vector_field

    def _where(self, line: _Line, name: str) -> str:
        return in_line(self._source.name, line.number, name)


def open_jsonl(source: Source, choice: Choice) -> JsonLines:
    """Read JSON lines.

    Raises:
        InvalidFile: the first line is no record.
    """
    with ExitStack() as opened:
        reader = JsonLines(source, choice, opened.enter_context(source.open()))
        opened.pop_all()
        return reader
