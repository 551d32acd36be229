"""Columns of Parquet as ids, vectors and attributes."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from shared.bulk import parquet_columns as columns
from shared.bulk.problems import refused
from shared.errors import shortened

Where = Callable[[int], str]
_JSON: Final = "a JSON object"


def ids_of(column: Any, where: Where) -> list[str]:
    """Ids from texts or integers.

    Raises:
        InvalidFile: naming the row that has none, or the type that cannot be read.
    """
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if not (columns.is_text(kind) or pa.types.is_integer(kind)):
        raise refused(where(0), str(column.type), "texts or integers")
    _reject_nulls(column, where, "a text or an integer")
    values = column.to_pylist()
    return values if columns.is_text(kind) else [str(number) for number in values]


def vectors_of(column: Any, dimension: int | None, where: Where) -> NDArray[np.float32]:
    """float32 of shape (len(column), dimension).

    Raises:
        InvalidFile: naming the row whose vector is missing, of another length, or has a gap.
    """
    lists = column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
    _reject_nulls(lists, where, f"{dimension} numbers")
    if not pa.types.is_fixed_size_list(lists.type):
        lengths = pc.list_value_length(lists).to_numpy(zero_copy_only=False)
        odd = np.flatnonzero(lengths != dimension)
        if odd.size:
            raise refused(where(int(odd[0])), f"{lengths[odd[0]]} numbers", f"{dimension}, as in the first row")
    numbers = lists.flatten()
    if numbers.null_count:
        gap = int(np.flatnonzero(numbers.is_null().to_numpy(zero_copy_only=False))[0]) // (dimension or 1)
        raise refused(where(gap), "a null among the numbers", f"{dimension} numbers")
    with np.errstate(over="ignore"):  # what float32 cannot hold becomes infinite, and is refused as such
        flat: NDArray[np.float32] = numbers.to_numpy(zero_copy_only=False).astype(np.float32, copy=False)
    return flat.reshape(len(lists), dimension or 0)


def attributes_of(table: Any, names: Sequence[str], where: Callable[[str], Where]) -> list[Mapping[str, Any] | None]:
    """The attributes of each row: the columns `names`, without nulls, and what stands as JSON beside them.

    Raises:
        InvalidFile: naming the row whose JSON is not an object.
    """
    typed = {columns.attribute_in(name): _values(table.column(name)) for name in names if name != columns.OTHERS}
    rows: list[dict[str, Any]] = [
        {name: value for name, value in zip(typed, row, strict=True) if value is not None}
        for row in (zip(*typed.values(), strict=True) if typed else [()] * table.num_rows)
    ]
    if columns.OTHERS in names:
        texts = table.column(columns.OTHERS).to_pylist()
        for place, text in enumerate(texts):
            if text is not None:
                rows[place].update(_object(text, place, where(columns.OTHERS)))
    return [row or None for row in rows]


def _values(column: Any) -> list[Any]:
    """As Python has them; NaN, which other tools write for what is missing, as None."""
    if pa.types.is_floating(column.type):
        column = pc.if_else(pc.is_nan(column), None, column)
    values: list[Any] = column.to_pylist()
    return values


def _object(text: Any, place: int, where: Where) -> dict[str, Any]:
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, dict):
        raise refused(where(place), shortened(text), _JSON)
    return found


def _reject_nulls(column: Any, where: Where, allowed: str) -> None:
    if column.null_count:
        first = int(np.flatnonzero(column.is_null().to_numpy(zero_copy_only=False))[0])
        raise refused(where(first), "nothing", allowed)
