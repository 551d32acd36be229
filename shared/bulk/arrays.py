"""Rows of parallel arrays: one of vectors, perhaps one of ids, and one for each attribute."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from typing import Any, Final, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from shared.bulk.ids import check_ids, row_numbers, texts_of
from shared.bulk.problems import in_row, refused
from shared.bulk.rows import Batch, ClosesOnExit, Contents, Cursor
from shared.domain.collection import Metric

_VECTORS: Final = "a table of numbers, one row for each vector"


class RowArray(Protocol):
    """An array of which some rows can be had."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    def rows(self, start: int, stop: int) -> NDArray[Any]:
        """The rows from `start` up to `stop`."""
        ...


class ArrayReader(ClosesOnExit):
    """Reads rows that stand in several arrays of one length. Without ids, the number of a row is its id."""

    def __init__(
        self,
        file: str,
        vectors: RowArray,
        *,
        ids: RowArray | None = None,
        attributes: Mapping[str, RowArray] | None = None,
        metric: Metric | None = None,
    ) -> None:
        """Check that the arrays fit together.

        Raises:
            InvalidFile: the vectors are no table of numbers, or another array has not one value for each.
        """
        if len(vectors.shape) != 2 or vectors.dtype.kind not in "fiu":
            raise refused(f"{file}, vectors", f"shape {vectors.shape} of {vectors.dtype}", _VECTORS)
        others = {**({} if ids is None else {"ids": ids}), **(attributes or {})}
        for name, array in others.items():
            if array.shape != vectors.shape[:1]:
                raise refused(f"{file}, {name}", f"shape {array.shape}", f"({vectors.shape[0]},): one for each vector")
        self._file = file
        self._vectors = vectors
        self._ids = ids
        self._attributes = attributes or {}
        self._opened = ExitStack()
        rows, dimension = vectors.shape
        self._rows = rows
        self.contents = Contents(dimension, rows, metric)

    def batches(self, start: Cursor, batch_rows: int) -> Iterator[Batch]:
        """As `RowReader.batches`."""
        for first in range(start.row, self._rows, batch_rows):
            yield self._batch(first, min(first + batch_rows, self._rows))

    def owning(self, opened: ExitStack) -> Self:
        """The same reader, which closes what was opened for it."""
        self._opened = opened.pop_all()
        return self

    def close(self) -> None:
        """Let go of the file."""
        self._opened.close()

    def _batch(self, first: int, stop: int) -> Batch:
        def where(place: int) -> str:
            return in_row(self._file, first + place, "id")

        with np.errstate(over="ignore"):  # what float32 cannot hold becomes infinite, and is refused as such
            vectors = np.ascontiguousarray(self._vectors.rows(first, stop), np.float32)
        ids = row_numbers(first, stop) if self._ids is None else texts_of(self._ids.rows(first, stop), where)
        check_ids(ids, where)
        return Batch(self._file, first, ids, vectors, self._attributes_of(first, stop), Cursor(stop))

    def _attributes_of(self, first: int, stop: int) -> list[Mapping[str, Any] | None]:
        if not self._attributes:
            return [None] * (stop - first)
        columns = [_values(array.rows(first, stop)) for array in self._attributes.values()]
        rows = zip(*columns, strict=True)
        return [_present(dict(zip(self._attributes, row, strict=True))) for row in rows]


def _values(column: NDArray[Any]) -> list[Any]:
    values: list[Any] = column.tolist()
    if column.dtype.kind in "SO":
        return [item.decode(errors="replace") if isinstance(item, bytes) else item for item in values]
    return values


def _present(row: Mapping[str, Any]) -> dict[str, Any] | None:
    """Without what is missing: NaN is how arrays say so."""
    return {name: value for name, value in row.items() if value == value} or None  # noqa: PLR0124 - NaN is not itself
