"""Where the bytes of a file come from: a local path, or ranges of something farther away."""

import io
from collections.abc import Callable
from os import stat_result
from pathlib import Path
from typing import BinaryIO, Final, Protocol, Self

BLOCK_BYTES: Final = 8 << 20
"""Read ahead of a reader that asks for little at a time: at 100 MB/s a request's latency (30 ms) is a third of it."""


class Source(Protocol):
    """A file that does not change while it is read.

    `identity` differs once the content may differ. `path` is None where the file is not local.
    """

    name: str
    size_bytes: int
    identity: str
    path: Path | None

    def open(self) -> BinaryIO:
        """A file object of its own, at the start."""
        ...

    def sibling(self, name: str) -> "Source | None":
        """The file of that name beside this one, or None."""
        ...

    def is_unchanged(self) -> bool:
        """Whether what is read now is what was there at first."""
        ...

    def failure(self) -> Exception | None:
        """What kept bytes from arriving, if something did."""
        ...


class LocalSource:
    """A file of this machine."""

    def __init__(self, path: Path) -> None:
        """Look at the file.

        Raises:
            OSError: it is not there.
        """
        found = path.stat()
        self.name = path.name
        self.path: Path | None = path
        self.size_bytes = found.st_size
        self.identity = _identity(found)
        self._path = path

    def open(self) -> BinaryIO:
        """A file object of its own, at the start."""
        return self._path.open("rb")

    def sibling(self, name: str) -> Self | None:
        """The file of that name in the same folder, or None."""
        path = self._path.with_name(name)
        return type(self)(path) if path.is_file() else None

    def is_unchanged(self) -> bool:
        """Whether the file has the size and the time of change that it had at first."""
        try:
            return _identity(self._path.stat()) == self.identity
        except FileNotFoundError:
            return False

    def failure(self) -> Exception | None:
        """None: the disk's own errors say what they are."""
        return None


def _identity(found: stat_result) -> str:
    return f"{found.st_size}-{found.st_mtime_ns}"


ReadRange = Callable[[int, int], bytes]
"""The bytes from a place on, that many, or fewer at the end."""


class RangedSource:
    """A file that is read in ranges, as objects in a store are. `find` looks for files beside it."""

    path: Path | None = None

    def __init__(
        self,
        name: str,
        size_bytes: int,
        identity: str,
        read: ReadRange,
        find: Callable[[str], "RangedSource | None"] = lambda _: None,
    ) -> None:
        self.name = name
        self.size_bytes = size_bytes
        self.identity = identity
        self._read = read
        self._find = find
        self._failure: Exception | None = None

    def open(self) -> BinaryIO:
        """A file object of its own, at the start, that reads ahead."""
        return io.BufferedReader(_Ranges(self._remembering, self.size_bytes), BLOCK_BYTES)

    def sibling(self, name: str) -> "RangedSource | None":
        """The file of that name beside this one, or None."""
        return self._find(name)

    def is_unchanged(self) -> bool:
        """True: ranges are those of one object, or do not arrive."""
        return True

    def failure(self) -> Exception | None:
        """What the last range that did not arrive raised."""
        return self._failure

    def _remembering(self, start: int, length: int) -> bytes:
        try:
            return self._read(start, length)
        except Exception as error:
            self._failure = error
            raise


class _Ranges(io.RawIOBase):
    """A file object over ranges."""

    def __init__(self, read: ReadRange, size_bytes: int) -> None:
        super().__init__()
        self._read = read
        self._size_bytes = size_bytes
        self._position = 0

    def readable(self) -> bool:
        """True."""
        return True

    def seekable(self) -> bool:
        """True."""
        return True

    def tell(self) -> int:
        """The place of the next byte."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move the place of the next byte."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size_bytes}[whence]
        self._position = max(0, base + offset)
        return self._position

    def readinto(self, buffer: "memoryview[int]") -> int:  # type: ignore[override]
        """Fill the buffer from the next bytes; 0 at the end."""
        length = min(len(buffer), self._size_bytes - self._position)
        if length <= 0:
            return 0
        content = self._read(self._position, length)
        buffer[: len(content)] = content
        self._position += len(content)
        return len(content)
