"""`swell keys` where nothing was made yet."""

from contextlib import closing
from pathlib import Path

from typer.testing import CliRunner

from shared.adapters.embedded.state import SqliteState
from swell.cli.main import app


def test_no_keys_say_who_gets_in_without_one(tmp_path: Path) -> None:
    """An empty table would leave open whether everybody does, or nobody."""
    with closing(SqliteState(tmp_path / "state.db")):
        listed = CliRunner().invoke(app, ["keys", "list", "--data", str(tmp_path)])

    assert listed.exit_code == 0
    assert "No keys yet, and so who reaches this machine may do everything; `" in listed.stdout
