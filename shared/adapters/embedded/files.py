"""Users' files on one machine: those of one directory, and no others."""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from shared.adapters.embedded import durable_files
from shared.bulk.source import LocalSource
from shared.domain.tenancy import DEFAULT_TENANT
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

    def of_tenant(self, tenant: str) -> "DirectoryFiles":
        """A folder of its own for each tenant but the default one, whose is all of the directory."""
        return self if tenant == DEFAULT_TENANT else DirectoryFiles(self._root / "tenants" / tenant)

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
        """Keep a part of the file, unseen, at its place.

        Raises:
            CorruptObject: the parts before it are gone.
        """
        partial = self._partial(self._path(uri), writer)
        with _disk_errors(partial):
            partial.parent.mkdir(parents=True, exist_ok=True)
            if not start:
                partial.touch()
            if not partial.exists() or partial.stat().st_size < start:
                raise CorruptObject(f"the first {start} bytes of {partial} are gone")
            _copy_into(partial, content, start)
            return StoredPart(partial.name, start, content.stat().st_size)

    def finish(self, uri: str, writer: str, parts: Sequence[StoredPart], closing: Path) -> int:
        """Make the parts, and the last one, the file, and return its size.

        Raises:
            CorruptObject: a part is missing.
        """
        path = self._path(uri)
        partial, end = self._partial(path, writer), parts[-1].start + parts[-1].size_bytes
        with _disk_errors(partial):
            size_bytes = end + closing.stat().st_size
            if not partial.exists() and path.is_file() and path.stat().st_size == size_bytes:
                return size_bytes  # finished before
            self.write_part(uri, writer, closing, end)
            os.truncate(partial, size_bytes)
            durable_files.sync_file(partial)
            durable_files.move_into_place(partial, path)
        return size_bytes

    def remove(self, uri: str) -> None:
        """Remove a file; removing nothing is fine."""
        self._path(uri).unlink(missing_ok=True)

    def discard(self, uri: str, writer: str) -> None:
        """Remove the parts of a file that will not be finished."""
        with suppress(FileNotFoundError):
            self._partial(self._path(uri), writer).unlink()

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


def _copy_into(whole: Path, content: Path, start: int) -> None:
    with whole.open("r+b") as file, content.open("rb") as part:
        file.seek(start)
        shutil.copyfileobj(part, file, _COPY_BYTES)
    durable_files.sync_file(whole)


@contextmanager
def _disk_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DependencyUnavailable(f"{path}: {error.strerror}") from error
