"""Ids in a text file, one a line."""

from collections.abc import Iterator
from itertools import islice
from typing import Any, BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from shared.bulk.problems import in_line, refused

_ALLOWED: Final = "as many ids as there are vectors, one a line"
_MAX_LINE_BYTES: Final = 4096


class IdLines:
    """The lines of a file as an array; going forward is cheap, going back starts the file again."""

    def __init__(self, file: BinaryIO, name: str, rows: int) -> None:
        self.shape: tuple[int, ...] = (rows,)
        self.dtype: np.dtype[Any] = np.dtype(object)
        self._file = file
        self._name = name
        self._next = 0

    def rows(self, start: int, stop: int) -> NDArray[Any]:
        """The ids from line `start` up to line `stop`, as bytes.

        Raises:
            InvalidFile: the file has fewer lines, or a line without end.
        """
        if start < self._next:
            self._file.seek(0)
            self._next = 0
        for _ in islice(self._lines(), start - self._next):
            pass
        found = np.empty(stop - start, object)
        found[:] = list(islice(self._lines(), stop - start))
        return found

    def _lines(self) -> Iterator[bytes]:
        while True:
            line = self._file.readline(_MAX_LINE_BYTES)
            if not line:
                raise refused(self._name, f"{self._next} lines", f"{self.shape[0]}: {_ALLOWED}")
            self._next += 1
            if len(line) == _MAX_LINE_BYTES:
                raise refused(in_line(self._name, self._next, "id"), f"over {_MAX_LINE_BYTES} bytes", _ALLOWED)
            yield line.rstrip(b"\r\n")
