"""The backlog of a subscription of the queue's file."""

import sqlite3
from pathlib import Path
from typing import Final

from shared.adapters.embedded.database import Database
from shared.adapters.embedded.moments import to_micros
from shared.adapters.embedded.queue_schema import SCHEMA, SCHEMA_VERSION
from shared.ports.backlog import Backlog
from shared.ports.clock import Clock

_WAITING: Final = """
SELECT COUNT(*), COALESCE(SUM(LENGTH(data)), 0), MIN(published_at)
FROM deliveries JOIN messages ON id = message_id WHERE subscription = ?
"""
"""The length of a blob stands in its row's header: no payload is read."""


class SqliteBacklog:
    """Counts the rows of a subscription, those out for delivery included."""

    def __init__(self, path: Path, subscription: str, clock: Clock) -> None:
        self._database = Database(path, schema=SCHEMA, schema_version=SCHEMA_VERSION)
        self._subscription = subscription
        self._clock = clock

    def measure(self) -> Backlog:
        """What waits now.

        Raises:
            DependencyUnavailable: the file is locked for too long.
        """
        with self._database.read() as connection:
            row: sqlite3.Row | tuple[int, int, int | None] = connection.execute(
                _WAITING, (self._subscription,)
            ).fetchone()
        messages, size_bytes, oldest = row
        now = to_micros(self._clock.now())
        return Backlog(messages, size_bytes, 0.0 if oldest is None else max(0.0, (now - oldest) / 1e6))

    def close(self) -> None:
        """Close the file."""
        self._database.close()
