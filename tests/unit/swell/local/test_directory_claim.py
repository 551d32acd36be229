"""Two never run in one directory, and nobody is kept out by who is gone."""

import json
import os
from pathlib import Path

import pytest

from shared.errors import ConfigurationError
from swell.local.directory_claim import CLAIM, claimed


def refusal(directory: Path) -> str:
    """What is said to one more."""
    with pytest.raises(ConfigurationError) as refused, claimed(directory, within_s=0):
        pass
    return str(refused.value)


def test_the_second_is_told_who_is_there_and_how_to_go_on(tmp_path: Path) -> None:
    """The process, where it answers, and the option that names another directory."""
    with claimed(tmp_path) as tell:
        tell("http://127.0.0.1:8080")
        said = refusal(tmp_path)

    assert all(each in said for each in (str(tmp_path), str(os.getpid()), "http://127.0.0.1:8080", "--data"))


def test_a_file_that_was_left_hinders_nobody(tmp_path: Path) -> None:
    """Whoever was killed left it; the lock went with the process."""
    (tmp_path / CLAIM).write_text(json.dumps({"pid": 1, "url": "http://127.0.0.1:8080"}))

    with claimed(tmp_path, within_s=0):
        told = json.loads((tmp_path / CLAIM).read_text())

    assert {"pid": os.getpid(), "url": None} == told


def test_who_has_not_said_who_it_is_keeps_others_out_too(tmp_path: Path) -> None:
    """Between taking the lock and writing, the file is empty."""
    with claimed(tmp_path):
        (tmp_path / CLAIM).write_text("")
        said = refusal(tmp_path)

    assert "another process runs Swell" in said
