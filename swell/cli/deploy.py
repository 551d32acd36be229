# ruff: noqa: PLC0415 - Google's clients load when they are used: `swell --help` stays quick
"""`swell deploy`: a release to Cloud Run, region by region, a share of the traffic at a time."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from swell.cli import deploy_costs
from swell.cli.failure import CommandFailed
from swell.cli.options import Json
from swell.cli.output import note, print_json, print_table, say

if TYPE_CHECKING:
    from swell.delivery.release import Place, Release, Wave
    from swell.delivery.rollout import Rollout

app = typer.Typer(no_args_is_help=True, help="Bring a release to every region, a share at a time, or take it back.")
app.command("costs")(deploy_costs.costs)

Image = Annotated[str | None, typer.Option("--image", metavar="IMAGE", help="One image for all functions, by digest.")]
Images = Annotated[
    Path | None,
    typer.Option("--images", metavar="FILE", exists=True, dir_okay=False, help="JSON: an image for each function."),
]
Functions = Annotated[
    list[str] | None, typer.Option("--function", metavar="NAME", help="Only this one; may be given again.")
]
Project = Annotated[
    str, typer.Option("--project", envvar="SWELL_PROJECT", metavar="PROJECT", help="The Google Cloud project.")
]
Apply = Annotated[bool, typer.Option("--apply", help="Do it. Without this, only what would be done is told.")]


@app.command("plan")
def plan(*, image: Image = None, images: Images = None, function: Functions = None, as_json: Json = False) -> None:
    """What a delivery would do, in which order; asks Google nothing."""
    release, waves = _planned(image, images, function)
    if as_json:
        print_json({"waves": [_wave_document(wave, release) for wave in waves], "shares_percent": list(_shares())})
        return
    _tell_plan(waves, release)


@app.command("canary")
def canary(
    *,
    project: Project,
    image: Image = None,
    images: Images = None,
    function: Functions = None,
    wave: Annotated[int | None, typer.Option("--wave", min=1, help="Only this wave; without it, one by one.")] = None,
    watch_min: Annotated[
        float, typer.Option("--watch-min", min=4, max=240, help="How many minutes each share is watched.")
    ] = 15.0,
    quiet_is_good: Annotated[
        bool, typer.Option("--quiet-is-good", help="Go on where too few requests came to tell, and none was bad.")
    ] = False,
    apply: Apply = False,
) -> None:
    """Bring a release to every region: 10, 50, 100 percent, each held against the revision in place.

    Worse, and the wave goes back to what it had; exit code 1. Too few requests to tell, and it stays as it is;
    exit code 3, and the same command goes on from there.
    """
    from swell.delivery.rollout import Ending

    release, waves = _planned(image, images, function)
    if wave is not None and wave > len(waves):
        raise CommandFailed(f"--wave: got {wave}, allowed: 1 to {len(waves)}", code="usage")
    chosen = waves if wave is None else [waves[wave - 1]]
    if not apply:
        _tell_plan(chosen, release)
        say("Nothing was done: --apply does it.")
        return
    rollout = _rollout(project, watch_s=watch_min * 60, passes_unproven=quiet_is_good)
    for one in chosen:
        note(f"Wave {one.number}: {one.reason}")
        ending = rollout.carry(one, release)
        if ending is Ending.ROLLED_BACK:
            raise CommandFailed(f"wave {one.number} was taken back; later waves were not begun", code="rolled_back")
        if ending is Ending.HELD:
            note("Held: too few requests to tell. The same command goes on; --quiet-is-good takes silence for a yes.")
            raise typer.Exit(3)
    say("Delivered.")


@app.command("rollback")
def rollback(
    *,
    project: Project,
    function: Functions = None,
    region: Annotated[list[str] | None, typer.Option("--region", metavar="REGION", help="Only there.")] = None,
    apply: Apply = False,
) -> None:
    """Give all traffic back to the revision that was in place before."""
    from shared.topology import load_topology
    from swell.delivery.release import plan_waves

    topology = load_topology()
    if unknown := sorted(set(region or ()) - set(topology.regions)):
        raise CommandFailed(f"--region: got {unknown[0]!r}, allowed: {', '.join(topology.regions)}", code="usage")
    waves = plan_waves(topology, _chosen(function))
    places = [place for one in reversed(waves) for place in one.places if not region or place.region in region]
    if not apply:
        print_table({"service": "left", "region": "left"}, [[place.service, place.region] for place in places])
        say("All traffic of these would go back to the revision before. Nothing was done: --apply does it.")
        return
    changed = _rollout(project, watch_s=0, passes_unproven=True).back(places)
    say(f"{len(changed)} of {len(places)} services went back.")


@app.command("scan")
def scan(
    report: Annotated[
        Path,
        typer.Argument(exists=True, dir_okay=False, help="From: gcloud artifacts docker images list-vulnerabilities"),
    ],
    *,
    severity: Annotated[
        Literal["LOW", "MEDIUM", "HIGH", "CRITICAL"], typer.Option(help="The least that stops a delivery.")
    ] = "HIGH",
    as_json: Json = False,
) -> None:
    """Stop where an image has a weakness of this severity that a newer package mends; exit code 1."""
    from swell.delivery.weaknesses import read_weaknesses, stopping

    found = read_weaknesses(report.read_bytes())
    stops = stopping(found, severity)
    if as_json:
        print_json({"found": len(found), "stopping": [vars(one) for one in stops]})
    elif stops:
        columns: dict[str, Literal["left", "right"]] = {"id": "left", "severity": "left", "package": "left"}
        print_table({**columns, "mended in": "left"}, [[s.id, s.severity, s.package, s.mended_in] for s in stops])
    if stops:
        raise CommandFailed(f"{len(stops)} of {len(found)} weaknesses stop the delivery", code="weaknesses")
    if not as_json:
        say(f"{len(found)} weaknesses known, none of them {severity} or worse with a mend.")


def _planned(image: str | None, images: Path | None, function: Sequence[str] | None) -> "tuple[Release, list[Wave]]":
    from shared.topology import load_topology
    from swell.delivery.release import one_image, plan_waves, read_release

    functions = _chosen(function)
    if (image is None) == (images is None):
        raise CommandFailed("give one of --image and --images", code="usage")
    release = one_image(image, functions) if image is not None else read_release(_given(images), functions)
    return release, plan_waves(load_topology(), list(release.images))


def _given(images: Path | None) -> Path:
    assert images is not None  # noqa: S101 - one of the two was given
    return images


def _chosen(function: Sequence[str] | None) -> list[str]:
    from shared.topology import load_topology

    known = list(load_topology().functions)
    if unknown := [name for name in function or () if name not in known]:
        raise CommandFailed(f"--function: got {unknown[0]!r}, allowed: {', '.join(known)}", code="usage")
    return [name for name in known if not function or name in function]


def _rollout(project: str, *, watch_s: float, passes_unproven: bool) -> "Rollout":
    from shared.ports.clock import SystemClock
    from swell.delivery.cloud_run import CloudRunServices
    from swell.delivery.revision_metrics import CloudMonitoringHealth
    from swell.delivery.rollout import Pace, Rollout

    clock = SystemClock()
    return Rollout(
        CloudRunServices(project),
        CloudMonitoringHealth(project, clock),
        clock,
        pace=Pace(watch_s=watch_s),
        passes_unproven=passes_unproven,
        say=note,
    )


def _shares() -> Sequence[int]:
    from swell.delivery.rollout import SHARES

    return SHARES


def _tell_plan(waves: "Sequence[Wave]", release: "Release") -> None:
    rows = []
    for wave in waves:
        regions = sorted({place.region for place in wave.places})
        services = sorted({place.service for place in wave.places})
        rows.append([str(wave.number), wave.reason, ", ".join(regions), ", ".join(services)])
    print_table({"wave": "right", "why": "left", "regions": "left", "services": "left"}, rows)
    shares = " → ".join(f"{share} %" for share in _shares())
    say(f"In each wave: a revision without traffic, then {shares}, each held against the revision in place.")
    say("Worse, and the wave goes back. By hand, for one service:")
    for command in _by_hand(waves[0].places[0], release):
        say(f"  {command}")


def _by_hand(place: "Place", release: "Release") -> list[str]:
    revision = release.revision(place)
    where = f"{place.service} --region {place.region}"
    suffix = revision.removeprefix(f"{place.service}-")
    return [
        f"gcloud run deploy {where} --image {release.images[place.function]} --no-traffic --revision-suffix {suffix}",
        *(f"gcloud run services update-traffic {where} --to-revisions {revision}={share}" for share in _shares()),
    ]


def _wave_document(wave: "Wave", release: "Release") -> dict[str, Any]:
    return {
        "wave": wave.number,
        "reason": wave.reason,
        "places": [
            {
                "function": place.function,
                "service": place.service,
                "region": place.region,
                "image": release.images[place.function],
                "revision": release.revision(place),
            }
            for place in wave.places
        ],
    }
