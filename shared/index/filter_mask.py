"""Which rows of a segment pass a filter."""

import operator
from collections.abc import Callable, Mapping
from functools import reduce
from math import ceil, floor
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from shared.index.columns import BooleanColumn, Column, Dictionary, NumberColumn, StringColumn, StringListColumn
from shared.index.filter import And, Exists, Filter, In, Not, Or, Range, Scalar

Mask = NDArray[np.bool_]

_COMPARISONS: Final[Mapping[str, Callable[[Any, Any], Mask]]] = {
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}


def filter_mask(condition: Filter, columns: Mapping[str, Column]) -> Mask:
    """Bool (rows,): which rows pass. The condition has been parsed against these columns' attributes."""
    match condition:
        case And(items):
            return reduce(np.logical_and, (filter_mask(item, columns) for item in items))
        case Or(items):
            return reduce(np.logical_or, (filter_mask(item, columns) for item in items))
        case Not(item):
            return np.logical_not(filter_mask(item, columns))
        case Exists(attribute):
            return _present(columns[attribute])
        case In(attribute, values):
            return _is_one_of(columns[attribute], values)
        case Range(attribute, bounds):
            return reduce(np.logical_and, (_within(columns[attribute], *bound) for bound in bounds))


def _present(column: Column) -> Mask:
    match column:
        case StringColumn():
            return column.codes >= 0
        case BooleanColumn():
            return column.values >= 0
        case NumberColumn() | StringListColumn():
            return column.present


def _is_one_of(column: Column, values: tuple[Scalar, ...]) -> Mask:
    match column:
        case StringColumn():
            return _with_codes(column.codes, column.dictionary, values)
        case StringListColumn():
            found = np.zeros(len(column.present), np.bool_)
            found[column.row_of_code[_with_codes(column.codes, column.dictionary, values)]] = True
            return found
        case BooleanColumn():
            return np.isin(column.values, np.array(values, np.int8))
        case NumberColumn():
            wanted = _comparable(column, values)
            equal = column.values == wanted[0] if len(wanted) == 1 else np.isin(column.values, wanted)
            return np.logical_and(equal, column.present)


def _with_codes(codes: NDArray[np.int32], dictionary: Dictionary, values: tuple[Scalar, ...]) -> Mask:
    wanted = dictionary.codes_of(str(value) for value in values)
    if len(wanted) == 1:
        equal: Mask = codes == wanted[0]
        return equal
    # One place per text and a last one for -1, the code of an absent value.
    table = np.zeros(len(dictionary) + 1, np.bool_)
    table[wanted] = True
    return table[codes]


def _comparable(column: NumberColumn, values: tuple[Scalar, ...]) -> NDArray[Any]:
    """The values as the column holds them; a fraction equals no integer, and is left out."""
    if column.values.dtype == np.float64:
        return np.array(values, np.float64)
    whole = [int(value) for value in values if int(value) == value and -(2**63) <= int(value) < 2**63]
    return np.array(whole, np.int64)


def _within(column: Column, bound: str, limit: Scalar) -> Mask:
    if isinstance(column, NumberColumn):
        return _COMPARISONS[bound](column.values, _limit_for(column, bound, limit)) & column.present
    if isinstance(column, StringColumn):
        place, found = column.dictionary.place(str(limit))
        # Texts before `place` are less; the one at it is the limit itself, where it is there at all.
        first_above = place + (found and bound in {"gt", "lte"})
        rising: Mask = column.codes >= first_above
        return rising if bound in {"gt", "gte"} else ~rising & (column.codes >= 0)
    raise TypeError(f"no range over {type(column).__name__}")


def _limit_for(column: NumberColumn, bound: str, limit: Scalar) -> int | float:
    """The limit as the column compares exactly: int64 against a float would be compared as float64."""
    if column.values.dtype == np.float64 or isinstance(limit, int):
        return limit if isinstance(limit, int | float) else float(limit)
    return floor(float(limit)) if bound in {"gt", "lte"} else ceil(float(limit))
