"""Users' files on one machine: those of one directory, and no others."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from shared.adapters.embedded import durable_files
from shared.bulk.source import LocalSource
from shared.errors import CorruptObject, DependencyUnavailable, FieldProblem, InvalidRequest, NotFound, shortened
from shared.ports.files import StoredPart

_COPY_BYTES: Final = 1 << 20


class DirectoryFiles:
    """Files below one directory, as `file:name.parquet` or with their whole path.

    Symbolic links count as what they lead to, so none leads out. Parts of a file stand at their places in a hidden
    file beside it; a part written twice at the same time is the same bytes at the same place.
    """

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._root = directory.resolve()

    def check(self, uri: str) -> None:
        """Refuse what is no `file:` URI, and what lies outside of the directory.

        Raises:
            InvalidRequest: it says what is allowed.
        """
        self._path(uri)

    def source(self, uri: str) -> LocalSource:
        """A file to read.

        Raises:
            NotFound: there is no such file.
            InvalidRequest: as `check`.
        """
        path = self._path(uri)
        if not path.is_file():
            raise NotFound(f"there is no file {path.relative_to(self._root)} in {self._root}")
        return LocalSource(path)

    def export_uri(self, name: str) -> str:
        """A file in the folder `exports`."""
        return f"file:exports/{name}"

    def write_part(self, uri: str, writer: str, content: Path, start: int) -> StoredPart:
        """Keep a part of the file, unseen, at its place."""
        partial = self._partial(self._path(uri), writer)
        with _disk_errors(partial):
            partial.parent.mkdir(parents=True, exist_ok=True)
            partial.touch()
            with partial.open("r+b") as whole, content.open("rb") as part:
                whole.seek(start)
                while block := part.read(_COPY_BYTES):
                    whole.write(block)
            durable_files.sync_file(partial)
            return StoredPart(partial.name, start, content.stat().st_size)

    def finish(self, uri: str, writer: str, parts: Sequence[StoredPart]) -> int:
        """Make the parts the file, and return its size.

        Raises:
            CorruptObject: a part is missing.
        """
        path = self._path(uri)
        partial, size_bytes = self._partial(path, writer), parts[-1].start + parts[-1].size_bytes
        with _disk_errors(partial):
            if not partial.exists():
                return self._finished_before(path, size_bytes)
            if partial.stat().st_size < size_bytes:
                raise CorruptObject(f"{partial} has {partial.stat().st_size} bytes, its parts have {size_bytes}")
            with partial.open("r+b") as whole:
                whole.truncate(size_bytes)
            durable_files.sync_file(partial)
            durable_files.move_into_place(partial, path)
        return size_bytes

    def discard(self, uri: str, writer: str) -> None:
        """Remove the parts of a file that will not be finished."""
        with suppress(FileNotFoundError):
            self._partial(self._path(uri), writer).unlink()

    def _finished_before(self, path: Path, size_bytes: int) -> int:
        found = path.stat().st_size if path.is_file() else None
        if found != size_bytes:
            raise CorruptObject(f"the parts of {path} are gone")
        return size_bytes

    def _partial(self, path: Path, writer: str) -> Path:
        return path.with_name(f".{path.name}.{writer}.partial")

    def _path(self, uri: str) -> Path:
        allowed = f"file:NAME for a file in {self._root}"
        parts = urlsplit(uri)
        if parts.scheme != "file" or parts.netloc not in ("", "localhost") or parts.query or parts.fragment:
            raise InvalidRequest(FieldProblem("uri", shortened(uri, 200), allowed))
        name = unquote(parts.path)
        if not name.isprintable() or name.endswith("/"):
            raise InvalidRequest(FieldProblem("uri", shortened(uri, 200), allowed))
        path = (self._root / name).resolve()
        if path == self._root or not path.is_relative_to(self._root):
            raise InvalidRequest(FieldProblem("uri", shortened(uri, 200), allowed))
        return path


@contextmanager
def _disk_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DependencyUnavailable(f"{path}: {error.strerror}") from error
