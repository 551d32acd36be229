"""One Swell to a data directory: two would have each its own consumers, schedules and caches of the same files."""

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from shared.adapters.embedded.file_lock import FileLock
from shared.errors import ConfigurationError

CLAIM: Final = "in-use.json"
"""Says who runs in the directory. The file alone means nothing: a lock on it does, and goes with its holder."""

_LET_GO_WITHIN_S: Final = 3.0
"""Workers of a Swell that was killed hold its lock until the kernel has ended them too."""
_LOOK_EVERY_S: Final = 0.05


@contextmanager
def claimed(directory: Path, *, within_s: float = _LET_GO_WITHIN_S) -> Iterator[Callable[[str], None]]:
    """Have the directory to ourselves until the block ends; call the value with the URL, for others to be told.

    Raises:
        ConfigurationError: another Swell runs in it; it says which, and how to go on.
    """
    file = directory / CLAIM
    lock = FileLock(file)
    until_s = time.monotonic() + within_s
    while not lock.try_acquire():
        if time.monotonic() > until_s:
            raise ConfigurationError(_refusal(directory, file))
        time.sleep(_LOOK_EVERY_S)
    try:
        _tell(file, None)
        yield lambda url: _tell(file, url)
    finally:
        lock.release()


def _tell(file: Path, url: str | None) -> None:
    file.write_text(json.dumps({"pid": os.getpid(), "url": url}))


def _refusal(directory: Path, file: Path) -> str:
    try:
        told = json.loads(file.read_text())
        holder, stopping = f"process {told['pid']}", f"`kill {told['pid']}`"
        place = f" on {told['url']}" if told["url"] else ""
    except (OSError, ValueError, KeyError):  # it has just begun to say so
        holder, place, stopping = "another process", "", "Ctrl-C there"
    return (
        f"{directory} is in use: {holder} runs Swell in it{place}; "
        f"use that one, stop it ({stopping}), or name another directory with --data"
    )
