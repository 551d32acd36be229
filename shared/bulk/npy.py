"""One NumPy array in a file, read a range of rows at a time."""

from io import SEEK_CUR
from math import prod
from typing import Any, BinaryIO, Final, Self

import numpy as np
from numpy.typing import NDArray

from shared.bulk.problems import refused
from shared.bulk.source import Source

_READ_HEADER: Final = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
_STRIDE_BYTES: Final = 1 << 20
_ALLOWED: Final = "an array in NumPy's .npy format"


class NpyArray:
    """Rows of an array; pickled objects are never loaded."""

    def __init__(self, file: BinaryIO, name: str, size_bytes: int | None = None) -> None:
        """Read the header at the place where `file` stands. `size_bytes` is the length from there, where known.

        Raises:
            InvalidFile: it is not an array, holds objects, or is cut short.
        """
        start = file.tell()
        try:
            version = np.lib.format.read_magic(file)
            self.shape, self.column_order, self.dtype = _READ_HEADER[version](file)
        except (ValueError, KeyError) as error:
            raise refused(name, f"no array header ({error})", _ALLOWED) from error
        if self.dtype.hasobject:
            raise refused(name, "pickled objects", f"{_ALLOWED} of numbers or texts")
        self._file = file
        self._name = name
        self._values_at = file.tell()
        self._row_bytes = self.dtype.itemsize * prod(self.shape[1:])
        self._check_size(start, size_bytes)

    @classmethod
    def of(cls, source: Source, file: BinaryIO, name: str, size_bytes: int) -> Self:
        """An array of `source`, at the place where `file` stands.

        Raises:
            InvalidFile: as for the constructor; or the file is far away, and its rows are scattered all over it.
        """
        array = cls(file, name, size_bytes)
        if array.column_order and source.path is None:
            raise refused(name, "an array in column order", "row order: save numpy.ascontiguousarray(vectors)")
        return array

    def rows(self, start: int, stop: int) -> NDArray[Any]:
        """The rows from `start` up to `stop`.

        Raises:
            InvalidFile: the file ends before them.
        """
        if self.column_order and len(self.shape) > 1:
            return self._from_columns(start, stop)
        values = self._values(start * self._row_bytes, (stop - start) * self._row_bytes)
        return values.reshape(stop - start, *self.shape[1:])

    def _from_columns(self, start: int, stop: int) -> NDArray[Any]:
        """Fortran order: what a row holds stands in as many places as it has numbers."""
        size = self.dtype.itemsize
        columns = [
            self._values((column * self.shape[0] + start) * size, (stop - start) * size)
            for column in range(prod(self.shape[1:]))
        ]
        return np.stack(columns, axis=1)

    def _values(self, offset: int, length: int) -> NDArray[Any]:
        self._go_to(self._values_at + offset)
        content = self._file.read(length)
        if len(content) < length:
            raise refused(self._name, f"{self._values_at + offset + len(content)} bytes", self._needed())
        return np.frombuffer(content, self.dtype)

    def _go_to(self, place: int) -> None:
        if place < self._file.tell():
            self._file.seek(0)
        while place - self._file.tell() > _STRIDE_BYTES:  # an archive inflates what one seek passes over at once
            self._file.seek(_STRIDE_BYTES, SEEK_CUR)
        self._file.seek(place)

    def _check_size(self, start: int, size_bytes: int | None) -> None:
        if size_bytes is not None and start + size_bytes < self._values_at + self._row_bytes * self.shape[0]:
            raise refused(self._name, f"{size_bytes} bytes", self._needed())

    def _needed(self) -> str:
        return f"an array of shape {self.shape} and type {self.dtype}, as its header says"
