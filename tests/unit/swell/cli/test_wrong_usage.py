"""A wrong command names what is wrong, the value and what is allowed, before a server is asked."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from swell.cli.budget_orders import raise_budget
from swell.cli.failure import CommandFailed
from swell.cli.main import app

STARTS = ["--starts", "2027-07-18T15:00", "--region", "us-east1"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["calendar", "show", "a/b"], "got 'a/b', allowed: an id without / ? #"),
        (["calendar", "add", "Final", "--id", "a b/c", *STARTS], "got 'a b/c', allowed: an id without"),
        (["budget", "refuse", "day?20261129"], "got 'day?20261129', allowed: an id without"),
        (["budget", "raise", "", "--extra", "5"], "got '', allowed: an id without"),
        (["report", "--html", "/nowhere/page.html"], "got /nowhere/page.html, allowed: a file in a directory that"),
    ],
    ids=["show", "add", "refuse", "raise", "report"],
)
def test_a_value_that_cannot_be_is_a_wrong_usage(arguments: list[str], said: str) -> None:
    """Exit code 2, with the sentence below how the command is used."""
    result = CliRunner().invoke(app, [*arguments, "--url", "http://127.0.0.1:9"])

    assert (result.exit_code, said in " ".join(result.output.split())) == (2, True), result.output


def test_a_raise_of_less_than_nothing_tells_how_one_is_taken_back() -> None:
    """Not how all spending is stopped, which a limit of nothing would be for."""
    with pytest.raises(CommandFailed, match="--extra: got -5, allowed: more than 0 dollars; `swell budget take-back"):
        raise_budget("final", extra=-5)


def test_a_trace_that_is_not_there_is_named_once(tmp_path: Path) -> None:
    """Without the number of the error, too."""
    missing = tmp_path / "none.csv"

    result = CliRunner().invoke(app, ["forecast", "evaluate", "--trace", str(missing)])

    assert str(result.exception) == f"{missing}: No such file or directory"
