"""`swell budget`: what may be spent, how much is, and what gives way."""

from typing import Annotated, Any

import typer

from swell.cli.budget_decisions import approve, decisions, refuse
from swell.cli.budget_notice import publish_notice
from swell.cli.budget_orders import raise_budget, raises, require_dollars, resume, stop, take_back
from swell.cli.budget_prices import prices
from swell.cli.budget_telling import print_budget
from swell.cli.connection import connected
from swell.cli.options import DEFAULT_URL, Json, Url
from swell.cli.output import print_json, say

app = typer.Typer(help="What may be spent, how much is, and what gives way.", invoke_without_command=True)
app.command("raise")(raise_budget)
app.command("raises")(raises)
app.command("take-back")(take_back)
app.command("stop")(stop)
app.command("resume")(resume)
app.command("decisions")(decisions)
app.command("approve")(approve)
app.command("refuse")(refuse)
app.command("notice")(publish_notice)
app.command("prices")(prices)


@app.callback()
def budget(context: typer.Context, *, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """What may be spent, how much is, and what gives way; without a command it is shown."""
    if context.invoked_subcommand is None:
        show(url=url, as_json=as_json)


@app.command("show")
def show(*, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Show limits, what is spent and how fast it may be, the serving mode and why, and what the month comes to."""
    with connected(url) as client:
        _print(client.crowds.budget(), as_json=as_json)


@app.command("set")
def set_limits(
    *,
    hour: Annotated[float, typer.Option(metavar="DOLLARS", help="What a clock hour may cost (UTC).")],
    day: Annotated[float, typer.Option(metavar="DOLLARS", help="What a day may cost.")],
    month: Annotated[float, typer.Option(metavar="DOLLARS", help="What a month may cost.")],
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Set all three limits; from the next minute on they hold."""
    for name, amount in (("--hour", hour), ("--day", day), ("--month", month)):
        require_dollars(name, amount)
    with connected(url) as client:
        found = client.crowds.set_budget(hour=hour, day=day, month=month)
    _print(found, as_json=as_json)
    if found["standing"] is not None and not as_json:
        say("The limits are new; mode, rate and alerts are those of the last decision, and follow within a minute.")


def _print(found: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(found)
    else:
        print_budget(found)
