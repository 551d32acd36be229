"""The `swell` command as a whole."""

import importlib
from pathlib import Path

import pytest
import typer

import swell.cli
from swell.cli.main import app

MODULES = sorted(path.stem for path in Path(swell.cli.__file__).parent.glob("*.py") if path.stem != "main")


@pytest.mark.parametrize("module", MODULES)
def test_a_group_of_commands_can_be_called(module: str) -> None:
    """A module that makes commands is of no use before `swell` has them."""
    group = getattr(importlib.import_module(f"swell.cli.{module}"), "app", None)
    registered = [each.typer_instance for each in app.registered_groups]

    assert not isinstance(group, typer.Typer) or group in registered
