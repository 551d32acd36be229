"""What the soak takes for no leak is none."""

import os
import sqlite3
import sys
import threading
from pathlib import Path

import pytest

from benchmarks.soak.usage import usage_of


@pytest.mark.skipif(sys.platform != "linux", reason="what a process has open is read from /proc")
def test_a_database_is_open_as_often_as_there_were_threads_at_once(tmp_path: Path) -> None:
    """SQLite keeps what closed connections had open, gives it to the next ones, and opens no more."""
    path = tmp_path / "open-as-often.db"  # files are counted by their names alone
    first = sqlite3.connect(path)
    first.execute("PRAGMA journal_mode=WAL")
    first.execute("CREATE TABLE t (x)")
    first.execute("SELECT * FROM t").fetchall()

    times = [_open_after(path, threads) for threads in (8, 8, 12, 4)]

    first.close()
    assert [9, 9, 13, 13] == times


def _open_after(path: Path, threads: int) -> int:
    at_once = threading.Barrier(threads)

    def use() -> None:
        connection = sqlite3.connect(path)
        connection.execute("SELECT * FROM t").fetchall()
        at_once.wait(30)
        connection.close()

    running = [threading.Thread(target=use) for _ in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join(30)
    return usage_of(os.getpid()).open_files.get(path.name, 0)
