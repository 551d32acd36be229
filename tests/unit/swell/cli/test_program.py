"""Commands that messages and help name can be typed as they stand."""

import sys
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from swell.cli.main import app
from swell.cli.output import note, say
from swell.cli.program import as_called, help_as_called, program_name


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout to stand in, and no `swell` on the path."""
    (tmp_path / "dev").touch()
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("checkout")
def test_a_checkout_is_called_through_dev() -> None:
    """In text only what stands in backquotes is a command."""
    assert program_name() == "./dev swell"
    assert as_called("swell: `swell plan` shows it, not `swell`") == "swell: `./dev swell plan` shows it, not `swell`"


def test_a_swell_on_the_path_needs_nothing_before_it(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also in a checkout."""
    (checkout / "swell").touch(mode=0o755)
    monkeypatch.setenv("PATH", str(checkout))

    assert as_called("`swell plan` shows it") == "`swell plan` shows it"


def test_elsewhere_it_is_called_as_it_was(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The program of an environment that is not on the path, by where it is."""
    (checkout / "dev").unlink()
    (program := checkout / "bin" / "swell").parent.mkdir()
    program.touch()
    monkeypatch.setattr(sys, "argv", [str(program), "plan"])

    assert program_name() == str(program)


@pytest.mark.usefixtures("checkout")
def test_what_is_printed_names_commands_so(capsys: pytest.CaptureFixture[str]) -> None:
    """On stdout as on stderr."""
    say("`swell budget set` sets one.")
    note("`swell up` starts one.")

    assert capsys.readouterr() == ("`./dev swell budget set` sets one.\n", "`./dev swell up` starts one.\n")


@pytest.mark.usefixtures("checkout")
def test_no_help_names_another_program() -> None:
    """Of any command, argument or option."""
    command = get_command(app)

    help_as_called(command)

    texts = list(_helps(command))
    assert any("./dev swell" in text for text in texts)
    assert [text for text in texts if "`swell " in text or "\n  swell " in text] == []


def _helps(command: Any) -> list[str]:
    own = [getattr(each, "help", None) or "" for each in (command, *command.params)]
    return own + [text for below in getattr(command, "commands", {}).values() for text in _helps(below)]
