"""Ids as files hold them: texts, bytes or integers."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shared.bulk.problems import refused
from shared.domain.limits import MAX_ID_BYTES
from shared.errors import shortened

_ALLOWED = f"a text of 1 to {MAX_ID_BYTES} bytes of UTF-8, or an integer"


def row_numbers(first: int, stop: int) -> list[str]:
    """The ids of rows that have none of their own."""
    return [str(row) for row in range(first, stop)]


def texts_of(values: NDArray[Any], where: Callable[[int], str]) -> list[str]:
    """An array of ids as texts; `where` names the one at a place.

    Raises:
        InvalidFile: they are neither texts nor integers, or not UTF-8.
    """
    if values.dtype.kind in "iu":
        return [str(number) for number in values.tolist()]
    if values.dtype.kind not in "USO":
        raise refused(where(0), f"an array of {values.dtype}", _ALLOWED)
    items = values.tolist()
    return [item if isinstance(item, str) else _decoded(item, place, where) for place, item in enumerate(items)]


def check_ids(ids: Sequence[str], where: Callable[[int], str]) -> None:
    """Refuse what no record can be called.

    Raises:
        InvalidFile: naming the row.
    """
    for place, record_id in enumerate(ids):
        # ASCII texts have as many bytes as characters; only others need to be encoded to be measured.
        if 0 < len(record_id) <= MAX_ID_BYTES and (record_id.isascii() or _fits(record_id)):
            continue
        raise refused(where(place), shortened(record_id), _ALLOWED)


def _fits(record_id: str) -> bool:
    try:
        return len(record_id.encode()) <= MAX_ID_BYTES
    except UnicodeEncodeError:
        return False


def _decoded(item: Any, place: int, where: Callable[[int], str]) -> str:
    if isinstance(item, bytes):
        try:
            return item.decode()
        except UnicodeDecodeError:
            raise refused(where(place), shortened(item), _ALLOWED) from None
    if isinstance(item, int | np.integer) and not isinstance(item, bool):
        return str(int(item))
    raise refused(where(place), shortened(item), _ALLOWED)
