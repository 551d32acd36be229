"""The attributes of a segment's rows, as JSON: fetch gives back what was given."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, overload

import numpy as np
import orjson
from numpy.typing import NDArray

from shared.errors import CorruptObject, FieldProblem, InvalidRequest
from shared.index.container import Container
from shared.index.ids import check_offsets


@dataclass(frozen=True, eq=False)
class AttributeTable(Sequence[Mapping[str, Any] | None]):
    """JSON texts one after another; an empty text is a row without attributes. Decodes on access."""

    text: NDArray[np.uint8]
    offsets: NDArray[np.uint64]

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @overload
    def __getitem__(self, row: int) -> Mapping[str, Any] | None: ...
    @overload
    def __getitem__(self, row: slice) -> "AttributeTable": ...
    def __getitem__(self, row: int | slice) -> "Mapping[str, Any] | AttributeTable | None":
        """The attributes of one row, or a table of some rows."""
        if isinstance(row, slice):
            return take_attributes([(self, np.arange(len(self))[row])])
        text = self.json_at(row)
        try:
            return orjson.loads(text) if text else None
        except orjson.JSONDecodeError as error:
            raise CorruptObject(f"attributes of row {row} are not JSON: {error}") from error

    def shown(self, row: int) -> Mapping[str, Any]:
        """The attributes of one row as answers show them: an object, empty where it has none."""
        return self[row] or {}

    def json_at(self, row: int) -> bytes:
        """The JSON text of one row; empty where it has no attributes."""
        return self.text[int(self.offsets[row]) : int(self.offsets[row + 1])].tobytes()


def encode_attributes(attributes: Sequence[Mapping[str, Any] | None]) -> AttributeTable:
    """Attributes as JSON texts.

    Raises:
        InvalidRequest: a value is not JSON (an integer beyond 64 bits, an object of another type).
    """
    if isinstance(attributes, AttributeTable):
        return attributes
    try:
        texts = [b"" if row is None else orjson.dumps(row) for row in attributes]
    except TypeError as error:
        raise InvalidRequest(FieldProblem("attributes", str(error), "JSON values, integers of 64 bits")) from error
    return _table(texts)


def take_attributes(parts: Iterable[tuple[AttributeTable, NDArray[np.integer]]]) -> AttributeTable:
    """The chosen rows of several tables, one after another, without decoding them."""
    return _table([table.json_at(row) for table, rows in parts for row in rows.tolist()])


def attribute_sections(table: AttributeTable) -> dict[str, NDArray[Any]]:
    """The sections of an attribute table."""
    return {"attribute_bytes": table.text, "attribute_offsets": table.offsets}


def open_attributes(container: Container, rows: int) -> AttributeTable:
    """The attribute table of a segment with that many rows.

    Raises:
        CorruptObject: lengths or offsets do not fit.
    """
    text = container.array("attribute_bytes", "|u1", -1)
    offsets = container.array("attribute_offsets", "<u8", rows + 1)
    check_offsets(container, "attribute_offsets", offsets, len(text))
    return AttributeTable(text, offsets)


def patched_attributes(current: Mapping[str, Any] | None, patch: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """What a partial update makes of a record's attributes: named ones replaced, those set to null removed.

    The top level of JSON Merge Patch (RFC 7396); attributes are values here, so nothing deeper is merged.
    """
    merged = {**(current or {}), **patch}
    return {name: value for name, value in merged.items() if value is not None or name not in patch} or None


def _table(texts: Sequence[bytes]) -> AttributeTable:
    offsets = np.zeros(len(texts) + 1, "<u8")
    np.cumsum([len(text) for text in texts], out=offsets[1:])
    return AttributeTable(np.frombuffer(b"".join(texts), np.uint8), offsets)
