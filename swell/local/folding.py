"""Folds the write-ahead logs of SQLite's files in, now and then: they keep pages of what was deleted since."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Event
from typing import Final, Protocol

from shared.errors import DependencyUnavailable
from shared.telemetry import log
from swell.local.threads import in_thread

FOLD_EVERY_S: Final = 600.0
"""As often as shards are swept. Between clearing a shard and looking for what is left of a record lie four hours."""


class Foldable(Protocol):
    """A file with a log."""

    def fold_log(self) -> bool:
        """Empty the log; False where somebody was in the way."""


@contextmanager
def fold_logs(files: Sequence[Foldable], every_s: float = FOLD_EVERY_S) -> Iterator[None]:
    """Fold them in from a thread until the block ends."""

    def run(stopped: Event) -> None:
        while not stopped.wait(every_s):
            for file in files:
                try:
                    file.fold_log()
                except DependencyUnavailable as error:
                    log("WARNING", "write-ahead log not folded in", reason=str(error))

    with in_thread("fold", run):
        yield
