"""One SQLite file in WAL mode, for many threads and several processes."""

import sqlite3
import threading
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from shared.adapters.embedded.durable_files import sync_directory
from shared.errors import ConfigurationError, DependencyUnavailable

BUSY_TIMEOUT_S: Final = 10.0
"""How long a write waits for writers of other processes. Ours hold the lock for milliseconds."""

_FOLD_PATIENCE_MS: Final = 200
"""Writers wait for a checkpoint, so it does not wait for readers for long."""

_UNAVAILABLE: Final = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_NOMEM,
    }
)
_DAMAGED: Final = frozenset({sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT})


class _Session:
    """The connection of one thread. It closes when its thread has ended, or with the database."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self.durable = True
        self.close = weakref.finalize(self, connection.close)

    def make_durable(self, *, durable: bool) -> None:
        """FULL: a commit waits for the disk. NORMAL: power loss may take back the last commits, in order."""
        if durable != self.durable:
            self.connection.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
            self.durable = durable


class Database:
    """Transactions on one file. `schema` is run once, when the file is new.

    Raises `DependencyUnavailable` for a lock that is not had in time, a full or failing disk.
    """

    def __init__(self, path: Path, *, schema: str, schema_version: int) -> None:
        self.path = path
        self._local = threading.local()
        self._sessions: weakref.WeakSet[_Session] = weakref.WeakSet()
        self._sessions_guard = threading.Lock()
        # Threads queue here, in turn; SQLite's own busy handler sleeps and lets others overtake.
        self._writer = threading.Lock()
        with _translated(path), _damage_named(path):
            self._prepare(schema, schema_version)

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """One consistent view of everything committed so far."""
        with _translated(self.path):
            connection = self._session().connection
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                connection.execute("ROLLBACK")

    @contextmanager
    def write(self, *, durable: bool = True) -> Iterator[sqlite3.Connection]:
        """A transaction that commits when the block ends and rolls back when it raises.

        With `durable`, the commit survives power loss; without, it survives the death of the process.
        """
        with _translated(self.path), self._writer:
            session = self._session()
            session.make_durable(durable=durable)
            connection = session.connection
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")

    def changes_seen(self) -> int:
        """A number that differs once any other connection, of any process, has committed. Microseconds."""
        with _translated(self.path):
            row = self._session().connection.execute("PRAGMA data_version").fetchone()
        return int(row[0])

    def fold_log(self) -> bool:
        """Move the write-ahead log into the file and empty it: it keeps what was deleted meanwhile.

        False where a reader or writer was in the way: nothing is lost, and the next time may do.
        """
        with _translated(self.path), self._writer:
            connection = self._session().connection
            connection.execute(f"PRAGMA busy_timeout={_FOLD_PATIENCE_MS}")
            try:
                busy: int = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            finally:
                connection.execute(f"PRAGMA busy_timeout={round(BUSY_TIMEOUT_S * 1000)}")
        return not busy

    def close(self) -> None:
        """Close every thread's connection. Nothing may be under way."""
        with self._sessions_guard:
            for session in list(self._sessions):
                session.close()
        self._local = threading.local()

    def _session(self) -> _Session:
        session: _Session | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = _Session(self._connect())
            with self._sessions_guard:
                self._sessions.add(session)
        return session

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA fullfsync=ON")  # macOS: fsync alone leaves the data in the drive's cache
        connection.execute("PRAGMA checkpoint_fullfsync=ON")
        connection.execute("PRAGMA secure_delete=ON")  # what is deleted is overwritten: erased records, old messages
        return connection

    def _prepare(self, schema: str, schema_version: int) -> None:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        connection = self._session().connection
        _switch_to_wal(connection)
        with self.write() as connection:
            found = connection.execute("PRAGMA user_version").fetchone()[0]
            if found not in {0, schema_version}:
                raise ConfigurationError(f"{self.path} has schema version {found}, this release reads {schema_version}")
            if found == 0:
                for statement in schema.split(";"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version={schema_version}")
        sync_directory(self.path.parent)


def _switch_to_wal(connection: sqlite3.Connection) -> None:
    """The switch needs the file alone, and does not wait for it: processes that start together take turns."""
    deadline = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF in _UNAVAILABLE:  # the low byte is the primary code
            raise DependencyUnavailable(f"{path}: {error}") from error
        raise


@contextmanager
def _damage_named(path: Path) -> Iterator[None]:
    """For the opening alone: while serving, a delivery that meets damage is to be tried again, not to be parked."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF not in _DAMAGED:
            raise
        way_out = "no database, or damaged: move it away, or name another directory"
        raise ConfigurationError(f"{path}: {error}; {way_out}") from error
