"""Files that commands leave are whole; where they cannot be, that is one sentence, and what was found has been told."""

import errno
import os
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from swell.cli.failure import CommandFailed
from swell.cli.main import app
from swell.cli.writing import write_after_telling, write_whole

FULL = Path("/dev/full")
pytestmark = pytest.mark.skipif(not FULL.exists(), reason="this machine has no /dev/full")


def test_a_file_is_whole_or_as_it_was(tmp_path: Path) -> None:
    """Through a link, too; nothing else is left in its directory."""
    file, link = tmp_path / "record.json", tmp_path / "link.json"
    file.write_text("before")
    link.symlink_to(file)

    write_whole(link, "after")
    with pytest.raises(CommandFailed, match=os.strerror(errno.ENOENT)):
        write_whole(tmp_path / "nowhere" / "record.json", b"after")

    assert file.read_text() == "after"
    assert link.is_symlink()
    assert {each.name for each in tmp_path.iterdir()} == {"record.json", "link.json"}


def test_a_full_disk_is_named_after_what_was_found(capsys: pytest.CaptureFixture[str]) -> None:
    """One line on stderr, no second document on stdout, and exit code 1."""
    with pytest.raises(typer.Exit) as ended:
        write_after_telling(FULL, "record")

    told = capsys.readouterr()
    assert (ended.value.exit_code, told.out) == (1, "")
    assert told.err == f"swell: {FULL}: {os.strerror(errno.ENOSPC)}\n"


def test_a_script_for_k6_that_cannot_be_written_is_told() -> None:
    """No traceback."""
    result = CliRunner().invoke(app, ["rehearse", "burst-10x", "--k6", str(FULL)])

    assert isinstance(result.exception, CommandFailed)
    assert os.strerror(errno.ENOSPC) in str(result.exception)
