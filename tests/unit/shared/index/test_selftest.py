"""The start-up test of Annoy."""

import sys
from pathlib import Path

import pytest

from shared.errors import ConfigurationError
from shared.index.selftest import check_annoy


def _python_that(tmp_path: Path, ends: str) -> str:
    script = tmp_path / "python"
    script.write_text(f"#!{sys.executable}\nimport os, signal, sys\n{ends}\n")
    script.chmod(0o755)
    return str(script)


def test_passes_with_the_annoy_that_is_installed() -> None:
    """Our own build must pass."""
    check_annoy()


def test_an_illegal_instruction_says_how_annoy_was_compiled(tmp_path: Path) -> None:
    """A child that dies of SIGILL becomes a configuration error; the server itself stays alive."""
    python = _python_that(tmp_path, "os.kill(os.getpid(), signal.SIGILL)")

    with pytest.raises(ConfigurationError, match=r"signal 4.*-march=native"):
        check_annoy(python)


def test_a_wrong_answer_is_refused(tmp_path: Path) -> None:
    """A build that computes wrongly is as bad as one that dies."""
    python = _python_that(tmp_path, "sys.exit('angular: [3, 1]')")

    with pytest.raises(ConfigurationError, match=r"answers wrongly: angular: \[3, 1\]"):
        check_annoy(python)
