"""How records stand in Parquet: which columns there are, and of which types.

A column for each declared attribute bears its name, unless `id` or `vector` bears it already. What these columns
cannot hold (attributes that are not declared, nulls, integers that a double would round) stands as JSON in a column
of its own. Names with a colon are no names of attributes, so nothing meets by chance.
"""

from collections.abc import Mapping
from typing import Any, Final

import pyarrow as pa

from shared.domain.collection import AttributeType

ID: Final = "id"
VECTOR: Final = "vector"
OTHERS: Final = "attributes:json"
PREFIX: Final = "attribute:"
METADATA_KEY: Final = b"swell"

ARROW_TYPES: Final[Mapping[AttributeType, Any]] = {
    AttributeType.STRING: pa.string(),
    AttributeType.INTEGER: pa.int64(),
    AttributeType.FLOAT: pa.float64(),
    AttributeType.BOOLEAN: pa.bool_(),
    AttributeType.STRING_LIST: pa.list_(pa.string()),
}
READABLE: Final = "booleans, integers, floats, strings or lists of strings"


def column_of(attribute: str) -> str:
    """The column of a declared attribute."""
    return f"{PREFIX}{attribute}" if attribute in (ID, VECTOR) else attribute


def attribute_in(column: str) -> str:
    """The attribute that a column holds."""
    return column.removeprefix(PREFIX)


def is_readable(kind: Any) -> bool:
    """Whether attributes can be read from a column of this Arrow type."""
    if pa.types.is_dictionary(kind):
        return is_readable(kind.value_type)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return is_text(kind.value_type)
    tests = (pa.types.is_boolean, pa.types.is_integer, pa.types.is_floating, pa.types.is_null, is_text)
    return any(test(kind) for test in tests)


def attribute_type(kind: Any) -> AttributeType | None:
    """What attributes in a column of this Arrow type are declared as; None where no type holds all of them."""
    if pa.types.is_dictionary(kind):
        return attribute_type(kind.value_type)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return AttributeType.STRING_LIST
    tests = (
        (is_text, AttributeType.STRING),
        (pa.types.is_boolean, AttributeType.BOOLEAN),
        (lambda kind: pa.types.is_integer(kind) and not pa.types.is_uint64(kind), AttributeType.INTEGER),
        (pa.types.is_floating, AttributeType.FLOAT),
    )
    return next((found for test, found in tests if test(kind)), None)


def is_vector(kind: Any) -> bool:
    """Whether vectors can be read from a column of this Arrow type."""
    is_list = pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
    return bool(is_list and (pa.types.is_floating(kind.value_type) or pa.types.is_integer(kind.value_type)))


def is_text(kind: Any) -> bool:
    """Whether texts can be read from a column of this Arrow type."""
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))
