# ruff: noqa: PLC0415 - the stores load when a command opens them: `swell --help` stays quick
"""`swell backup`: copies of everything that cannot be made again, in another directory or bucket."""

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from swell.cli.failure import CommandFailed
from swell.cli.options import DEFAULT_DATA, Json
from swell.cli.output import human_size, print_json, print_table, say
from swell.cli.places import Bucket, Data, Project, is_bucket, open_deployment, open_place

if TYPE_CHECKING:
    from shared.ports.state import StateStore
    from swell.backup.contents import Backup

app = typer.Typer(no_args_is_help=True, help="Back up collections and state, list backups, check them.")

Place = Annotated[str, typer.Argument(metavar="PLACE", help="Where backups are: a directory, or gs://BUCKET.")]


@app.command("create")
def create(
    place: Place,
    *,
    collection: Annotated[list[str] | None, typer.Option(help="Only this one; repeat it for more.")] = None,
    data: Data = DEFAULT_DATA,
    project: Project = None,
    bucket: Bucket = None,
    as_json: Json = False,
) -> None:
    """Back up what is committed now. What an earlier backup has brought there is not copied again."""
    from shared.ports.clock import SystemClock
    from swell.backup.creating import CreateBackup
    from swell.backup.moving import Mover, by_the_store, through_here

    live, target = open_deployment(data, project, bucket), open_place(place, project)
    within_google = bucket is not None and is_bucket(place)
    bring = by_the_store(target, bucket) if within_google and bucket else through_here(live.objects, target)
    mover = Mover(target, bring)
    backup = CreateBackup(live.state, live.objects, target, mover, SystemClock())(collection or [])
    if as_json:
        print_json({**_document(backup), "reused_bytes": mover.reused_bytes})
        return
    say(
        f"Backup {backup.id}: {len(backup.collections)} collection(s), {len(backup.documents)} state document(s), "
        f"{human_size(backup.size_bytes)}; {human_size(mover.copied_bytes)} copied and checked "
        f"in {backup.took_s:.2f} s, {human_size(mover.reused_bytes)} were there."
    )


@app.command("list")
def list_backups(
    place: Place,
    *,
    data: Data = DEFAULT_DATA,
    project: Project = None,
    bucket: Bucket = None,
    as_json: Json = False,
) -> None:
    """List backups, what going back to each would lose now (RPO), and how long it would take (RTO)."""
    from swell.backup.catalog import backups

    found = backups(open_place(place, project))
    try:
        state = open_deployment(data, project, bucket).state
    except CommandFailed:  # the deployment is gone, which is what backups are for
        state = None
    rows = [(each, None if state is None else _lost(each, state)) for each in found]
    if as_json:
        print_json({"backups": [{**_document(each), "versions_lost": lost} for each, lost in rows]})
        return
    print_table(
        {
            "backup": "left",
            "made": "left",
            "collections": "right",
            "size": "right",
            "commits since": "right",
            "RPO": "right",
            "RTO, estimated": "right",
        },
        [_row(each, lost) for each, lost in rows],
    )


@app.command("verify")
def verify(
    place: Place,
    backup_id: Annotated[str | None, typer.Argument(metavar="ID", help="Default: the newest.")] = None,
    *,
    project: Project = None,
    as_json: Json = False,
) -> None:
    """Read every byte of a backup and compare checksums; exit code 1 if anything is damaged or missing."""
    from swell.backup.catalog import find_backup
    from swell.backup.checking import problems

    target = open_place(place, project)
    backup = find_backup(target, backup_id)
    files = [file for each in backup.collections for file in each.files]
    damages = list(problems(target, files))
    if damages:
        raise CommandFailed(f"backup {backup.id} is damaged: {'; '.join(damages[:5])}", code="corrupt_object")
    if as_json:
        print_json({"id": backup.id, "objects": len(set(files)), "bytes": backup.size_bytes, "whole": True})
    else:
        say(f"Backup {backup.id} is whole: {len(set(files))} objects, {human_size(backup.size_bytes)}.")


def _lost(backup: "Backup", state: "StateStore") -> int:
    from swell.backup.catalog import versions_since

    return sum(versions_since(each, state) for each in backup.collections)


def _document(backup: "Backup") -> dict[str, Any]:
    return {
        "id": backup.id,
        "created_at": datetime.fromtimestamp(backup.created_at, UTC).isoformat(),
        "took_s": round(backup.took_s, 3),
        "size_bytes": backup.size_bytes,
        "copied_bytes": backup.copied_bytes,
        "collections": {
            each.name: {str(shard.shard): shard.head["version"] for shard in each.shards} for each in backup.collections
        },
        "documents": len(backup.documents),
        "rto_estimated_s": None if backup.estimated_rto_s is None else round(backup.estimated_rto_s, 3),
    }


def _row(backup: "Backup", lost: int | None) -> list[str]:
    age_s = time.time() - backup.created_at
    rto_s = backup.estimated_rto_s
    return [
        backup.id,
        f"{datetime.fromtimestamp(backup.created_at, UTC):%Y-%m-%d %H:%M:%S}Z",
        str(len(backup.collections)),
        human_size(backup.size_bytes),
        "?" if lost is None else str(lost),
        f"{age_s:,.0f} s" if lost is None or lost else "0 s",
        "-" if rto_s is None else f"{rto_s:,.1f} s",
    ]
