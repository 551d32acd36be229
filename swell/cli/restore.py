# ruff: noqa: PLC0415 - the stores load when a command opens them: `swell --help` stays quick
"""`swell restore`: from a backup, or to a version that the deployment itself still keeps."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from swell.backup.restoring import Restored, restore_documents
from swell.cli.options import DEFAULT_DATA, Json
from swell.cli.output import human_size, print_json, say
from swell.cli.places import Bucket, Data, Project, open_deployment, open_place

if TYPE_CHECKING:
    from swell.backup.restoring import Restored


def restore(
    place: Annotated[
        str | None,
        typer.Argument(metavar="[PLACE]", help="Where backups are. Without it: from the deployment itself."),
    ] = None,
    backup_id: Annotated[str | None, typer.Argument(metavar="[ID]", help="Default: the newest.")] = None,
    *,
    collection: Annotated[str | None, typer.Option(help="Only this one. Needed without PLACE.")] = None,
    as_name: Annotated[str | None, typer.Option("--as", help="With --collection: under this name.")] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Replace collections that exist.")] = False,
    at: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ"], help="Without PLACE: as it was then, UTC."),
    ] = None,
    version: Annotated[int | None, typer.Option(min=1, help="Without PLACE: no shard newer than this version.")] = None,
    data: Data = DEFAULT_DATA,
    project: Project = None,
    bucket: Bucket = None,
    as_json: Json = False,
) -> None:
    """Bring collections back as they were. Everything is checked first; a damaged backup changes nothing.

    A restored collection is a new incarnation: regions follow it, and writes to the former one are dropped.
    It says what was lost (RPO) and how long it took (RTO).
    """
    if as_name is not None and collection is None:
        raise typer.BadParameter("needs --collection", param_hint="--as")
    if place is not None and (at is not None or version is not None):
        raise typer.BadParameter("goes without PLACE", param_hint="--at, --version")
    from swell.cli.returns import backed_up, bring, kept

    live = open_deployment(data, project, bucket, new=place is not None)
    if place is None:
        found = kept(live, collection, at, version)
    else:
        found = backed_up(live, open_place(place, project), backup_id, collection)
    restored = [bring(live, found, point, as_name, replace_existing=replace) for point in found.points]
    documents = 0 if place is None or collection is not None else restore_documents(live.state, found.documents)
    rto_s = sum(each.took_s for each in restored)
    if as_json:
        print_json(
            {
                "collections": [_document(each) for each in restored],
                "documents": documents,
                "versions_lost": found.lost,
                "rpo_s": round(found.rpo_s, 3),
                "rto_s": round(rto_s, 3),
            }
        )
        return
    for each in restored:
        versions = ", ".join(f"{shard}:{number}" for shard, number in sorted(each.versions.items())) or "empty"
        say(f"{each.collection} is back at {versions}: {human_size(each.copied_bytes)} in {each.took_s:.2f} s.")
    if documents:
        say(f"{documents} state document(s) that were missing are back.")
    say(f"RPO {found.rpo_s:,.0f} s ({found.lost} later commits are not in it). RTO {rto_s:.2f} s, measured.")


def _document(restored: "Restored") -> dict[str, Any]:
    versions = {str(shard): version for shard, version in restored.versions.items()}
    return {**vars(restored), "versions": versions}
