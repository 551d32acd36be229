"""The state store on one SQLite file."""

import json
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from shared.adapters.documents import check_collection, check_data, check_writes, split_document
from shared.adapters.embedded.database import Database
from shared.adapters.embedded.moments import to_micros
from shared.ports.clock import Clock, SystemClock
from shared.ports.state import ABSENT, Delete, Document, PreconditionFailed, Put, Write

_SCHEMA_VERSION: Final = 1
_SCHEMA: Final = """
CREATE TABLE documents (
    collection TEXT NOT NULL,
    id TEXT NOT NULL,
    content TEXT NOT NULL,
    version INTEGER NOT NULL,
    expires_at INTEGER,
    PRIMARY KEY (collection, id)
) WITHOUT ROWID;
CREATE INDEX documents_by_expiry ON documents (expires_at) WHERE expires_at IS NOT NULL;
CREATE TABLE last_version (value INTEGER NOT NULL);
INSERT INTO last_version VALUES (0)
"""
_SWEEP_ROWS: Final = 100
"""Expired documents that one commit removes: more than one commit adds, few enough not to be felt."""


class SqliteState:
    """Documents in a file. A commit that has returned survives kill -9 and power loss, whole.

    Versions count up over the whole file, so a document that was deleted and written again never
    returns to an old version. An expired document still holds its version until it is swept.
    """

    def __init__(self, path: Path, *, clock: Clock | None = None) -> None:
        self._database = Database(path, schema=_SCHEMA, schema_version=_SCHEMA_VERSION)
        self._clock = clock or SystemClock()

    def get(self, path: str) -> Document | None:
        """The document, or None."""
        return self.get_many([path])[0]

    def get_many(self, paths: Sequence[str]) -> list[Document | None]:
        """The documents in the order of `paths`, all as of one moment."""
        keys = [split_document(path) for path in paths]
        now = to_micros(self._clock.now())
        with self._database.read() as connection:
            return [_find(connection, collection, document_id, now) for collection, document_id in keys]

    def commit(self, writes: Sequence[Write]) -> list[str]:
        """Apply all writes or none, and return each one's new version ("" for a delete).

        Raises:
            PreconditionFailed: a document is not at the version that its write named.
        """
        check_writes(writes)
        contents = [_encode(write) for write in writes]
        if not writes:
            return []
        now = to_micros(self._clock.now())
        with self._database.write() as connection:
            version = _next_version(connection)
            for write, content in zip(writes, contents, strict=True):
                _require(connection, write, now)
                _apply(connection, write, content, version)
            _sweep(connection, now)
        return [str(version) if isinstance(write, Put) else "" for write in writes]

    def list(self, collection: str, *, after: str = "", limit: int = 1000) -> list[Document]:
        """The documents directly in a collection, by id, those with an id greater than `after`."""
        check_collection(collection)
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT id, content, version FROM documents WHERE collection = ? AND id > ?"
                " AND (expires_at IS NULL OR expires_at > ?) ORDER BY id LIMIT ?",
                (collection, after, to_micros(self._clock.now()), limit),
            ).fetchall()
        return [_document(collection, *row) for row in rows]

    def fold_log(self) -> bool:
        """As `Database.fold_log`."""
        return self._database.fold_log()

    def close(self) -> None:
        """Close the file. Nothing may be under way."""
        self._database.close()


def _find(connection: sqlite3.Connection, collection: str, document_id: str, now: int) -> Document | None:
    row = connection.execute(
        "SELECT id, content, version FROM documents WHERE collection = ? AND id = ?"
        " AND (expires_at IS NULL OR expires_at > ?)",
        (collection, document_id, now),
    ).fetchone()
    return _document(collection, *row) if row else None


def _document(collection: str, document_id: str, content: str, version: int) -> Document:
    return Document(path=f"{collection}/{document_id}", data=json.loads(content), version=str(version))


def _encode(write: Write) -> str:
    if isinstance(write, Delete):
        return ""
    check_data(write.path, write.data)
    # `default` meets mappings that are not dicts: all else that is not JSON has just been refused.
    return json.dumps(write.data, ensure_ascii=False, separators=(",", ":"), default=dict)


def _next_version(connection: sqlite3.Connection) -> int:
    connection.execute("UPDATE last_version SET value = value + 1")
    return int(connection.execute("SELECT value FROM last_version").fetchone()[0])


def _require(connection: sqlite3.Connection, write: Write, now: int) -> None:
    if write.if_version is None:
        return
    row = connection.execute(
        "SELECT version, expires_at FROM documents WHERE collection = ? AND id = ?",
        split_document(write.path),
    ).fetchone()
    if write.if_version is ABSENT:
        met = row is None or (row[1] is not None and row[1] <= now)
    else:
        met = row is not None and str(row[0]) == write.if_version
    if not met:
        raise PreconditionFailed(f"{write.path} is not at version {write.if_version!r}")


def _apply(connection: sqlite3.Connection, write: Write, content: str, version: int) -> None:
    key = split_document(write.path)
    if isinstance(write, Delete):
        connection.execute("DELETE FROM documents WHERE collection = ? AND id = ?", key)
        return
    expires_at = None if write.expires_at is None else to_micros(write.expires_at)
    connection.execute("REPLACE INTO documents VALUES (?, ?, ?, ?, ?)", (*key, content, version, expires_at))


def _sweep(connection: sqlite3.Connection, now: int) -> None:
    connection.execute(
        "DELETE FROM documents WHERE (collection, id) IN"
        " (SELECT collection, id FROM documents WHERE expires_at <= ? LIMIT ?)",
        (now, _SWEEP_ROWS),
    )
