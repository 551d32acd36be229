"""Log lines cost nobody an answer."""

import errno
import io
from collections.abc import Iterator

import orjson
import pytest

from shared.telemetry import log, log_to


class Disk(io.StringIO):
    """A log file on a disk that may be full."""

    is_full = False

    def flush(self) -> None:
        """Fail as a file does."""
        if self.is_full:
            raise OSError(errno.ENOSPC, "No space left on device")


@pytest.fixture
def disk() -> Iterator[Disk]:
    """Where the lines of this process go."""
    disk = Disk()
    log_to(disk)
    yield disk
    log_to(None)


def test_a_full_disk_loses_lines_and_nothing_else(disk: Disk) -> None:
    """Who logs goes on; the first line that can be written again is led by how many were lost."""
    disk.is_full = True
    log("INFO", "request")
    log("INFO", "request")
    disk.is_full = False
    disk.truncate(0)
    disk.seek(0)

    log("INFO", "delivery")
    log("INFO", "delivery")

    lines = [orjson.loads(line) for line in disk.getvalue().splitlines()]
    assert [line["message"] for line in lines] == ["log lines lost", "delivery", "delivery"]
    assert (lines[0]["severity"], lines[0]["lines"]) == ("WARNING", 2)
