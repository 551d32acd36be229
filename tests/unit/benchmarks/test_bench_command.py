"""What `swell bench` refuses before it starts anything."""

import pytest
from typer.testing import CliRunner

from swell.cli.bench import app
from swell.cli.main import app as swell


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["scaling", "--sizes", "10k,100k"], "10k,100k"),
        (["scaling", "--sizes", "0"], "0"),
        (["profile", "--data", "all"], "all"),
        (["peers", "--rows", "10"], "10"),
        (["standing", "--rows", "10"], "10"),
        (["compare", ".", ".", "--pairs", "3"], "--pairs"),
    ],
)
def test_a_wrong_option_is_refused_by_name(arguments: list[str], named: str) -> None:
    """A wrong usage ends with 2 and says what was given; no server is started, nothing is installed."""
    result = CliRunner().invoke(app, arguments)

    assert result.exit_code == 2
    assert named in result.output


def test_every_command_explains_itself() -> None:
    """The help lists the three commands."""
    result = CliRunner().invoke(app, ["--help"])

    assert result.exit_code == 0
    assert all(name in result.output for name in ("peers", "scaling", "profile"))


def test_swell_has_the_command() -> None:
    """What `./dev bench` runs is there."""
    result = CliRunner().invoke(swell, ["bench", "--help"])

    assert result.exit_code == 0
    assert "scaling" in result.output
