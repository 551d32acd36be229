# ruff: noqa: PLC0415 - the stores load when a command opens them: `swell --help` stays quick
"""`swell drill`: losses on purpose, to know how long recovery takes."""

from pathlib import Path
from typing import Annotated

import typer

from swell.cli.failure import CommandFailed
from swell.cli.options import DEFAULT_DATA, Json
from swell.cli.output import human_size, note, print_json, say
from swell.cli.places import Data

app = typer.Typer(no_args_is_help=True, help="Lose something on purpose, bring it back, and measure.")


@app.callback()
def drills() -> None:
    """Keep the name of the only drill part of the command."""


@app.command("region-loss")
def region_loss(
    region: Annotated[str, typer.Argument(help="A region of this data directory that is not home.")],
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    data: Data = DEFAULT_DATA,
    as_json: Json = False,
) -> None:
    """Delete the copies of one region of `swell up --regions N`, and bring them back from the others.

    It may run meanwhile: reads go to other regions until the copies are back.
    """
    from shared.adapters.embedded.broker import SqliteBroker
    from shared.adapters.embedded.objects import DirectoryObjects
    from shared.adapters.embedded.state import SqliteState
    from shared.adapters.opening import Adapters
    from shared.regions.placement import Placement
    from shared.telemetry import log_to
    from shared.topology import load_topology
    from swell.backup.region_loss import LoseRegion

    buckets = _folders(data)
    if region not in buckets:
        raise CommandFailed(f"got {region!r}, allowed: {', '.join(buckets) or 'none'} of {data}", code="not_found")
    if not yes:
        typer.confirm(f"Delete every copy in {data / buckets[region]}, and bring them back?", abort=True, err=True)
    placement = Placement(region, load_topology().limited_to(buckets), buckets)
    adapters = Adapters(
        SqliteState(data / "state.db"), DirectoryObjects(data / buckets[region]), SqliteBroker(data / "queue.db")
    )
    note(f"{region} is lost …")
    (data / "logs").mkdir(exist_ok=True)
    with (data / "logs" / "drill.log").open("a") as sink:
        log_to(sink)
        drill = LoseRegion(adapters, placement, lambda name: DirectoryObjects(data / name))()
        log_to(None)
    if as_json:
        print_json(vars(drill))
        return
    say(
        f"{region} lost {drill.objects} objects ({human_size(drill.lost_bytes)}) of {drill.shards} shard(s), "
        f"and has them again, every byte checked."
    )
    say(f"RPO {drill.versions_lost} commits lost. RTO {drill.rto_s:.2f} s, measured.")


def _folders(data: Path) -> dict[str, str]:
    """The regions that a data directory has folders of."""
    from shared.topology import load_topology
    from swell.local.region_choice import folders

    topology = load_topology()
    wanted = folders(topology, list(topology.regions))
    found = {name: folder for name, folder in wanted.items() if (data / folder).is_dir()}
    return found if topology.home_region in found else {}
