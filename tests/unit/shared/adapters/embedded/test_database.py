"""One SQLite file for many threads and processes."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from shared.adapters.embedded import database
from shared.adapters.embedded.database import Database
from shared.errors import ConfigurationError, DependencyUnavailable

SCHEMA = "CREATE TABLE t (x INTEGER); INSERT INTO t VALUES (0)"


def opened(directory: Path, version: int = 1) -> Database:
    """The database of a test."""
    return Database(directory / "below" / "x.db", schema=SCHEMA, schema_version=version)


def value(store: Database) -> int:
    """What the one row holds."""
    with store.read() as connection:
        return int(connection.execute("SELECT x FROM t").fetchone()[0])


def test_the_schema_is_run_once(tmp_path: Path) -> None:
    """Opening again finds what was there."""
    first, second = opened(tmp_path), opened(tmp_path)
    with first.write() as connection:
        connection.execute("UPDATE t SET x = 5")

    assert 5 == value(second)


def test_another_schema_version_is_refused(tmp_path: Path) -> None:
    """A file of another release is not read as if it were ours."""
    opened(tmp_path).close()

    with pytest.raises(ConfigurationError, match="schema version 1, this release reads 2"):
        opened(tmp_path, version=2)


def test_commits_wait_for_the_disk_unless_told_otherwise(tmp_path: Path) -> None:
    """The journal is a write-ahead log, and a durable commit syncs it: `synchronous` is 2 (FULL), else 1 (NORMAL)."""
    store = opened(tmp_path)
    levels = []
    for durable in (True, False, True):
        with store.write(durable=durable) as connection:
            levels.append(connection.execute("PRAGMA synchronous").fetchone()[0])
    with store.read() as connection:
        journal = connection.execute("PRAGMA journal_mode").fetchone()[0]

    assert [2, 1, 2] == levels
    assert "wal" == journal


def test_a_block_that_raises_changes_nothing(tmp_path: Path) -> None:
    """And the next one is not hindered."""
    store = opened(tmp_path)

    def fail() -> None:
        with store.write() as connection:
            connection.execute("UPDATE t SET x = 1")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with store.write() as connection:
        connection.execute("UPDATE t SET x = x + 10")

    assert 10 == value(store)


def test_threads_take_turns(tmp_path: Path) -> None:
    """No update is lost, and none waits for a lock in vain."""
    store = opened(tmp_path)

    def add(_: int) -> None:
        with store.write() as connection:
            connection.execute("UPDATE t SET x = x + 1")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(80)))

    assert 80 == value(store)


def test_a_lock_that_is_not_had_in_time_is_unavailability(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process holds the file for longer than we wait."""
    monkeypatch.setattr(database, "BUSY_TIMEOUT_S", 0.05)
    store = opened(tmp_path)
    other = sqlite3.connect(store.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(DependencyUnavailable, match="locked"), store.write():
        pass
    other.close()
    with store.write() as connection:
        connection.execute("UPDATE t SET x = 1")


def test_a_full_disk_is_unavailability(tmp_path: Path) -> None:
    """The commit is not made, and the store works again when there is room."""
    store = opened(tmp_path)
    with store.write() as connection:
        connection.execute("PRAGMA max_page_count = 3")
    with pytest.raises(DependencyUnavailable, match="full"), store.write() as connection:
        connection.execute("INSERT INTO t SELECT zeroblob(100000)")

    assert 0 == value(store)


def test_a_defect_is_not_taken_for_unavailability(tmp_path: Path) -> None:
    """A wrong statement raises what SQLite raises."""
    with pytest.raises(sqlite3.OperationalError, match="no such table"), opened(tmp_path).read() as connection:
        connection.execute("SELECT * FROM missing")


def test_commits_of_others_are_noticed(tmp_path: Path) -> None:
    """Our own are not: they are no news."""
    ours, theirs = opened(tmp_path), opened(tmp_path)
    before = ours.changes_seen()
    with ours.write() as connection:
        connection.execute("UPDATE t SET x = 1")
    after_ours = ours.changes_seen()
    with theirs.write() as connection:
        connection.execute("UPDATE t SET x = 2")

    assert before == after_ours
    assert after_ours != ours.changes_seen()


def test_a_thread_that_ends_leaves_no_connection(tmp_path: Path) -> None:
    """However many threads have used the store, it holds connections of the living ones only."""
    store = opened(tmp_path)
    for _ in range(20):
        with ThreadPoolExecutor(1) as pool:
            pool.submit(value, store).result()

    assert 1 == len(store._sessions)


def test_what_is_deleted_is_overwritten(tmp_path: Path) -> None:
    """Erased records and acknowledged messages stand in no free page once the write-ahead log is folded in."""
    store = opened(tmp_path)
    secret = "to be forgotten " * 2000
    with store.write() as connection:
        connection.execute("CREATE TABLE messages (body TEXT)")
        connection.execute("INSERT INTO messages VALUES (?), ('kept')", (secret,))
    with store.write() as connection:
        connection.execute("DELETE FROM messages WHERE body <> 'kept'")
    store.close()

    left = b"".join(path.read_bytes() for path in store.path.parent.iterdir())
    assert b"kept" in left
    assert b"to be forgotten" not in left


def test_a_file_that_is_no_database_is_named_with_a_way_out(tmp_path: Path) -> None:
    """Whoever starts on it reads what to do, and no traceback."""
    path = tmp_path / "state.db"
    path.write_text("no database, but long enough to be looked at")

    with pytest.raises(ConfigurationError, match=r"state\.db: file is not a database; .* name another directory"):
        Database(path, schema="CREATE TABLE t (n)", schema_version=1)
