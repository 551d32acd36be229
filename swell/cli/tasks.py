# ruff: noqa: PLC0415 - what only one command needs loads with it: `swell --help` stays quick
"""`swell tasks`: what regions are asked to do; an operator can ask, look, and have it tried again."""

from enum import StrEnum
from typing import Annotated, Any

import typer

from swell.cli.connection import connected
from swell.cli.failure import CommandFailed
from swell.cli.options import DEFAULT_URL, Json, Url
from swell.cli.output import print_json, print_table, say

app = typer.Typer(help="Look at what regions are asked to do, and ask.", no_args_is_help=True, rich_markup_mode=None)

TaskId = Annotated[str, typer.Argument(metavar="ID", help="The id of the task.")]

_LOOKS_EVERY_S = 0.2


class Kind(StrEnum):
    """What can be asked for."""

    COPY = "copy"
    WARM = "warm"
    REBUILD = "rebuild"
    VERIFY = "verify"
    DRAIN = "drain"


class Strategy(StrEnum):
    """How the region that does it is chosen."""

    ROUND_ROBIN = "round_robin"
    LEAST_LOADED = "least_loaded"
    WEIGHTED = "weighted"
    ADAPTIVE = "adaptive"


@app.command("list")
def list_tasks(
    *,
    state: Annotated[str | None, typer.Option(help="Only those that are waiting, assigned, done or dead.")] = None,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Show every task that is kept: those under way first, of these the most urgent."""
    with connected(url) as client:
        found = [task for task in client.tasks.list() if state in (None, task["state"])]
    if as_json:
        print_json({"tasks": found})
    elif found:
        _print_tasks(found)
    else:
        say("No tasks.")


@app.command("show")
def show_task(task: TaskId, *, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Show one task: who has it, how often it was tried, and its result."""
    with connected(url) as client:
        _show(client.tasks.get(task), as_json=as_json)


@app.command("ask")
def ask(
    kind: Annotated[Kind, typer.Argument(help="What a region is to do.")],
    collection: Annotated[str, typer.Argument(help="The collection that it is about; none for drain.")] = "",
    *,
    task: Annotated[str | None, typer.Option("--id", help="Its id: the same again is the same task.")] = None,
    shard: Annotated[int, typer.Option(min=0, help="The shard of the collection.")] = 0,
    region: Annotated[str | None, typer.Option(help="Only this region. Default: whom the strategy chooses.")] = None,
    strategy: Annotated[
        Strategy, typer.Option(help="How a region is chosen among those that can.")
    ] = Strategy.ADAPTIVE,
    priority: Annotated[int, typer.Option(min=0, max=9, help="9 is the most urgent.")] = 5,
    ttl_s: Annotated[int, typer.Option(min=1, max=86_400, help="Seconds after which nobody wants it.")] = 3_600,
    wait_s: Annotated[float, typer.Option(min=0, help="Wait so many seconds for its result.")] = 0.0,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Ask for a task, and perhaps wait for what comes of it."""
    from uuid import uuid4

    with connected(url) as client:
        found = client.tasks.ask(
            task or f"{kind.value}-{uuid4().hex[:12]}",
            kind.value,
            collection=collection or None,
            shard=shard,
            region=region,
            strategy=strategy.value,
            priority=priority,
            ttl_s=ttl_s,
        )
        found = _awaited(client, found, wait_s)
    _show(found, as_json=as_json)
    if wait_s and found["state"] != "done":
        raise CommandFailed(f"task {found['id']} is {found['state']}: {found['error'] or 'no answer yet'}", code="task")


@app.command("retry")
def retry(task: TaskId, *, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Have a dead task done after all, from the start."""
    with connected(url) as client:
        _show(client.tasks.retry(task), as_json=as_json)


@app.command("log")
def journal(
    *,
    after: Annotated[int, typer.Option(min=0, help="Only entries after this one.")] = 0,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Show what happened to all tasks, oldest first, at most 100 entries; kept for seven days."""
    with connected(url) as client:
        entries = client.tasks.journal(after)
    if as_json:
        print_json({"entries": entries})
        return
    print_table(
        {"entry": "right", "at": "left", "task": "left", "state": "left", "agent": "left", "token": "right"},
        [
            [str(one["number"]), one["at"][:19], one["task"], one["state"], one["agent"] or "-", str(one["token"])]
            for one in entries
        ],
    )


def _awaited(client: Any, task: dict[str, Any], wait_s: float) -> dict[str, Any]:
    import time

    deadline = time.monotonic() + wait_s
    while task["state"] in {"waiting", "assigned"} and time.monotonic() < deadline:
        time.sleep(_LOOKS_EVERY_S)
        task = client.tasks.get(task["id"])
    return task


def _show(found: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    _print_tasks([found])
    for name, value in found["result"].items():
        say(f"{name}: {value}")


def _print_tasks(found: list[dict[str, Any]]) -> None:
    print_table(
        {
            "task": "left",
            "kind": "left",
            "about": "left",
            "state": "left",
            "agent": "left",
            "chosen by": "left",
            "priority": "right",
            "attempts": "right",
            "error": "left",
        },
        [
            [
                one["id"],
                one["kind"],
                f"{one['collection']}/{one['shard']}" if one["collection"] else one["region"] or "-",
                one["state"],
                one["agent"] or "-",
                f"{one['region']} only" if one["region"] else one["strategy"].replace("_", " "),
                str(one["priority"]),
                str(one["attempts"]),
                one["error"] or "-",
            ]
            for one in found
        ],
    )
