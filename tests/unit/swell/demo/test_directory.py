"""The demo's directory starts empty, and nothing is removed that a demo did not make."""

from pathlib import Path

import pytest

from shared.errors import ConfigurationError
from swell.demo.directory import disk_use, fresh_directory


def test_what_an_earlier_demo_left_is_removed(tmp_path: Path) -> None:
    """The second demo starts from nothing."""
    with fresh_directory(tmp_path / "demo") as first:
        (first / "objects").mkdir()
        (first / "objects" / "segment").write_text("old")

    with fresh_directory(tmp_path / "demo") as second:
        assert not (second / "objects").exists()


def test_a_directory_with_other_files_is_refused_untouched(tmp_path: Path) -> None:
    """A mistyped --data costs nothing."""
    precious = tmp_path / "thesis.txt"
    precious.write_text("years of work")

    with pytest.raises(ConfigurationError, match="holds other files"), fresh_directory(tmp_path):
        pass

    assert precious.read_text() == "years of work"


def test_two_demos_never_share_a_directory(tmp_path: Path) -> None:
    """The second one is told to wait, and the first one's files stay."""
    with fresh_directory(tmp_path / "demo") as first:
        (first / "state").write_text("in use")

        with pytest.raises(ConfigurationError, match="another demo runs"), fresh_directory(tmp_path / "demo"):
            pass

        assert (first / "state").read_text() == "in use"


def test_a_link_in_the_directory_is_removed_and_not_followed(tmp_path: Path) -> None:
    """What it leads to belongs to somebody else."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "file").write_text("kept")
    with fresh_directory(tmp_path / "demo") as first:
        (first / "link").symlink_to(tmp_path / "elsewhere")

    with fresh_directory(tmp_path / "demo") as second:
        assert not (second / "link").exists()

    assert (tmp_path / "elsewhere" / "file").read_text() == "kept"


def test_a_file_under_two_names_is_counted_once(tmp_path: Path) -> None:
    """Hard links cost no space."""
    (tmp_path / "one").write_bytes(b"x" * 1000)
    (tmp_path / "two").hardlink_to(tmp_path / "one")

    used = disk_use(tmp_path)

    assert (used.files, used.size_bytes) == (1, 1000)
