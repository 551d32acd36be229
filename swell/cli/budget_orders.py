"""`swell budget raise | raises | take-back | stop | resume`: what somebody decides in their own name."""

import getpass
from datetime import UTC, datetime
from typing import Annotated

import typer

from swell.cli.budget_telling import moment, print_raises
from swell.cli.connection import connected
from swell.cli.failure import CommandFailed
from swell.cli.options import DEFAULT_URL, Json, Url, part_of_a_path
from swell.cli.output import print_json, say

Operator = Annotated[str, typer.Option("--as", metavar="NAME", help="Who orders it; it stands in the timeline.")]
Why = Annotated[str, typer.Option("--why", metavar="TEXT", help="The reason; it stands in the timeline.")]
Event = Annotated[str, typer.Argument(metavar="EVENT", callback=part_of_a_path, help="The id of the event.")]
_FORMATS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]


def require_dollars(option: str, amount: float) -> None:
    """Refuse what no limit can be.

    Raises:
        CommandFailed: it is nothing, or less.
    """
    if not amount > 0:
        problem = {"field": option, "value": f"{amount:g}", "allowed": "more than 0"}
        ways_out = {"--extra": "`swell budget take-back EVENT` takes a raise back"}
        way_out = ways_out.get(option, "`swell budget stop` has nothing spent at all")
        text = f"{option}: got {amount:g}, allowed: more than 0 dollars; {way_out}"
        raise CommandFailed(text, code="invalid_request", problems=[problem])


def raise_budget(
    event: Event,
    *,
    extra: Annotated[float, typer.Option(metavar="DOLLARS", help="So much more in each hour that it touches.")],
    begin: Annotated[
        datetime | None, typer.Option("--from", formats=_FORMATS, help="UTC. Default: as the calendar has it.")
    ] = None,
    end: Annotated[datetime | None, typer.Option("--to", formats=_FORMATS, help="UTC.")] = None,
    operator: Operator = "",
    why: Why = "",
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Allow an event to cost more; without times an hour before it to an hour after it, when it is on next."""
    require_dollars("--extra", extra)
    with connected(url) as client:
        raised = client.crowds.raise_budget(
            event,
            extra_per_hour=extra,
            approved_by=named(operator),
            why=why,
            begin=None if begin is None else begin.replace(tzinfo=UTC),
            end=None if end is None else end.replace(tzinfo=UTC),
        )
    if as_json:
        print_json(raised)
    else:
        print_raises([raised])


def raises(*, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Show what events may cost beyond the limits."""
    with connected(url) as client:
        found = client.crowds.raises()
    if as_json:
        print_json({"raises": found})
    elif found:
        print_raises(found)
    else:
        say("No event may cost more than the limits.")


def take_back(
    event: Event, *, operator: Operator = "", why: Why = "", url: Url = DEFAULT_URL, as_json: Json = False
) -> None:
    """Take a raise back: from the next minute on the limits are what they were."""
    with connected(url) as client:
        client.crowds.take_back_raise(event, operator=named(operator), why=why)
    if as_json:
        print_json({"event_id": event, "taken_back": True})
    else:
        say(f"The raise for {event} is taken back.")


def stop(
    *,
    operator: Operator = "",
    why: Why = "",
    ballot: Annotated[
        str | None, typer.Option(metavar="ID", help="In the name of a ballot that the regions accepted.")
    ] = None,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Stop all spending: no instance is kept or started, and all but premium reads are refused."""
    if ballot is None:
        _order("stop", operator, why, url, as_json=as_json)
        return
    with connected(url) as client:
        found = client.crowds.stop_by_ballot(ballot)
    _tell(found, as_json=as_json)


def resume(*, operator: Operator = "", why: Why = "", url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Let spending go on within the limits."""
    _order("resume", operator, why, url, as_json=as_json)


def _order(order: str, operator: str, why: str, url: str, *, as_json: bool) -> None:
    with connected(url) as client:
        found = client.crowds.order_spending(order, operator=named(operator), why=why)
    _tell(found, as_json=as_json)


def _tell(found: dict[str, str], *, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    reason = found["reason"].replace("_", " ")
    if found["stopped"]:
        say(f"Spending is stopped by {found['by']} since {moment(found['ordered_at'])} UTC ({reason}).")
        say("Within a minute no instance is kept or started, in mode emergency, until `swell budget resume`.")
    else:
        say(f"Spending is open ({reason}): within a minute mode and instances are what limits and load say.")


def named(operator: str) -> str:
    """Who orders it: by default who is logged in here."""
    return operator or getpass.getuser()
