"""`swell budget`: what may be spent, how much is, and what gives way."""

import getpass
from typing import Annotated, Any

import typer

from swell.cli.budget_notice import publish_notice
from swell.cli.connection import connected
from swell.cli.options import DEFAULT_URL, Json, Url
from swell.cli.output import note, print_json, print_table, say

app = typer.Typer(help="What may be spent, how much is, and what gives way.", no_args_is_help=True)
app.command("notice")(publish_notice)

Operator = Annotated[str, typer.Option("--as", metavar="NAME", help="Who orders it; it stands in the timeline.")]


@app.command("show")
def show(*, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Show limits, what is spent, how fast it may be spent and the serving mode."""
    with connected(url) as client:
        _print(client.crowds.budget(), as_json=as_json)


@app.command("set")
def set_limits(
    *,
    hour: Annotated[float, typer.Option(min=0.000001, help="Dollars in a clock hour (UTC).")],
    day: Annotated[float, typer.Option(min=0.000001, help="Dollars in a day.")],
    month: Annotated[float, typer.Option(min=0.000001, help="Dollars in a month.")],
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Set all three limits; from the next minute on they hold."""
    with connected(url) as client:
        _print(client.crowds.set_budget(hour=hour, day=day, month=month), as_json=as_json)


@app.command("stop")
def stop(*, operator: Operator = "", url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Stop all spending: no instance is kept or started, and all but premium reads are refused."""
    _order("stop", operator, url, as_json=as_json)


@app.command("resume")
def resume(*, operator: Operator = "", url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Let spending go on within the limits."""
    _order("resume", operator, url, as_json=as_json)


def _order(order: str, operator: str, url: str, *, as_json: bool) -> None:
    with connected(url) as client:
        found = client.crowds.order_spending(order, operator=operator or getpass.getuser())
    if as_json:
        print_json(found)
    else:
        say(f"Spending is {'stopped' if found['stopped'] else 'open'} ({found['reason'].replace('_', ' ')}).")


def _print(found: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    budget, spent = found["budget"], found["spent"] or {}
    if budget is None:
        say("No budget is set: nothing limits what may be spent. `swell budget set` sets one.")
        return
    rows = [
        [window, f"${limit:,.2f}", f"${used:,.2f}", f"{used / limit:.0%}"]
        for window in ("hour", "day", "month")
        for limit, used in [(budget[window], spent.get(window, 0))]
    ]
    print_table({"": "left", "limit": "right", "spent": "right", "used": "right"}, rows)
    rate = found["dollars_per_hour"]
    say(f"May spend {'not decided yet' if rate is None else f'${rate:,.2f} an hour'}; mode {found['serving_mode']}.")
    if found["stopped"]:
        say(f"All spending is stopped by {found['stopped_by']}.")
    for contradiction in budget["contradictions"]:
        note(f"note: {contradiction}")
