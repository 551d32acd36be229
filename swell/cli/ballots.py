# ruff: noqa: PLC0415 - the stores load when a command opens them: `swell --help` stays quick
"""`swell ballots`: what the regions vote on; an operator can ask, and speak for a region."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from swell.cli.connection import connected
from swell.cli.failure import CommandFailed
from swell.cli.options import DEFAULT_DATA, DEFAULT_URL, Json, Url
from swell.cli.output import print_json, print_table, say
from swell.cli.places import Data, Project

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shared.coordination.forced_moves import Loss

app = typer.Typer(help="Look at what the regions vote on, and take part.", no_args_is_help=True, rich_markup_mode=None)

BallotId = Annotated[str, typer.Argument(metavar="ID", help="The id of the ballot.")]


@app.command("list")
def list_ballots(*, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Show every ballot that is kept, the latest first."""
    with connected(url) as client:
        found = client.ballots.list()
    if as_json:
        print_json({"ballots": found})
    elif found:
        _print_ballots(found)
    else:
        say("No ballots yet.")


@app.command("show")
def show_ballot(ballot: BallotId, *, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Show one ballot, with every vote and its reason."""
    with connected(url) as client:
        _show(client.ballots.get(ballot), as_json=as_json)


@app.command("open")
def open_ballot(
    ballot: BallotId,
    *,
    move_home: Annotated[
        str | None, typer.Option(metavar="REGION", help="Move the home of what commits in this region.")
    ] = None,
    to: Annotated[str | None, typer.Option(metavar="REGION", help="To this one; default: the best heir.")] = None,
    collection: Annotated[str | None, typer.Option(help="Only this collection.")] = None,
    planned: Annotated[bool, typer.Option("--planned", help="The region to be left lives, and may.")] = False,
    emergency_stop: Annotated[
        float | None, typer.Option(metavar="SHARE", help="Stop all spending: so much of the budget is spent.")
    ] = None,
    lasts_s: Annotated[int, typer.Option(min=1, max=86_400, help="Seconds until it expires.")] = 300,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Ask all regions that live: exactly one of --move-home and --emergency-stop says what."""
    if (move_home is None) == (emergency_stop is None):
        raise typer.BadParameter("give one of --move-home and --emergency-stop")
    proposal: dict[str, Any] = {"kind": "emergency_stop", "spent_share": emergency_stop}
    if move_home is not None:
        proposal = {"kind": "move_home", "from_region": move_home, "is_planned": planned}
        proposal |= {"to_region": to} if to else {}
        proposal |= {"collection": collection} if collection else {}
    with connected(url) as client:
        _show(client.ballots.open(ballot, proposal, proposer="operator", lasts_s=lasts_s), as_json=as_json)


@app.command("vote")
def vote(
    ballot: BallotId,
    region: Annotated[str, typer.Argument(help="The region to speak for.")],
    *,
    approves: Annotated[bool, typer.Option("--approve/--refuse", help="What it says.")],
    reason: Annotated[str, typer.Option(help="Why, for whoever looks later.")] = "operator",
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Speak for a region, once, in its present incarnation."""
    with connected(url) as client:
        answer = client.ballots.vote(ballot, region, approves=approves, reason=reason)
    if answer["standing"] != "counted":
        raise CommandFailed(f"the vote of {region} does not count: {answer['standing']}", code=answer["standing"])
    _show(answer["ballot"], as_json=as_json)


@app.command("force")
def force(
    ballot: BallotId,
    *,
    operator: Annotated[str, typer.Option(help="Who answers for it: it is written down.")],
    accept_loss: Annotated[
        int | None,
        typer.Option(min=0, metavar="VERSIONS", help="Committed versions that may be lost, over all collections."),
    ] = None,
    data: Data = DEFAULT_DATA,
    project: Project = None,
    bucket: Annotated[
        str | None, typer.Option(metavar="BUCKET", help="With --project: the bucket of the heir.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Carry out an accepted move of a home whose data is gone for good, losing what its heir does not have.

    Without --accept-loss it only tells how much that is. Nothing is lost where `promote` is enough: try that first.
    """
    from swell.cli.forcing import Order, Place, forced

    losses, moved = forced(ballot, Order(operator, accept_loss), Place(data, project, bucket))
    total = sum(loss.versions for loss in losses)
    if as_json:
        print_json({"ballot": ballot, "is_moved": moved, "versions": total, "losses": [vars(loss) for loss in losses]})
    else:
        _print_losses(losses)
        say(f"{'Lost' if moved else 'Would be lost'}: {total} committed versions.")
    if not moved:
        raise CommandFailed(f"nothing was moved; --accept-loss {total} accepts this loss", code="loss_not_accepted")


def _print_losses(losses: "Sequence[Loss]") -> None:
    print_table(
        {"collection": "left", "versions": "right", "spanning": "right", "shards without a copy": "right"},
        [
            [loss.collection, str(loss.versions), f"{loss.span_s:.1f} s", str(loss.shards_without_copy)]
            for loss in losses
        ],
    )


def _show(found: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    _print_ballots([found])
    say()
    print_table(
        {"region": "left", "life": "right", "says": "left", "because": "left"},
        [
            [one["region"], str(one["incarnation"]), "yes" if one["approves"] else "no", one["reason"]]
            for one in found["votes"]
        ],
    )
    silent = sorted(set(found["electorate"]) - {one["region"] for one in found["votes"]})
    if silent:
        say(f"not heard: {', '.join(silent)}")


def _print_ballots(found: list[dict[str, Any]]) -> None:
    print_table(
        {"ballot": "left", "about": "left", "outcome": "left", "for": "right", "needs": "right", "deadline": "left"},
        [
            [
                one["id"],
                _about(one["proposal"]),
                (one["outcome"] or "open") + (", carried out" if one["closed_at"] else ""),
                str(one["approvals"]),
                f"{one['quorum']} of {len(one['electorate'])}",
                one["deadline"][:19],
            ]
            for one in found
        ],
    )


def _about(proposal: dict[str, Any]) -> str:
    match proposal["kind"]:
        case "move_home":
            what = proposal["collection"] or "everything"
            return f"move {what} from {proposal['from_region']} to {proposal['to_region']}"
        case "emergency_stop":
            return f"stop all spending at {proposal['spent_share']:.0%} of the budget"
        case _:
            return f"write {proposal['schema']} in version {proposal['version']}"
