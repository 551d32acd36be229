"""Records from an iterator, some at a time."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from swell.client.results import Record

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def record_batches(records: Iterable[Record], size: int) -> Iterator[list[Record]]:
    """Batches of up to `size` records in which no id comes twice: the last one of an id stays."""
    pending: dict[str, Record] = {}
    for record in records:
        pending.pop(record.id, None)
        pending[record.id] = record
        if len(pending) == size:
            yield list(pending.values())
            pending.clear()
    if pending:
        yield list(pending.values())


def vectors_of(batch: list[Record]) -> "NDArray[np.float32]":
    """One row for each record.

    Raises:
        ValueError: a record has no vector, or they are of several lengths.
    """
    import numpy as np  # noqa: PLC0415 - loads when it is needed

    for record in batch:
        if record.vector is None:
            raise ValueError(f"record {record.id!r}: got no vector, allowed: one row of numbers")
    return np.asarray([record.vector for record in batch], np.float32)
