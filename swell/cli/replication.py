# ruff: noqa: PLC0415 - the stores load when a command opens them: `swell --help` stays quick
"""`swell replication`: who copies a collection from whom, and what that costs."""

from typing import TYPE_CHECKING, Annotated

import typer

from swell.cli.failure import CommandFailed
from swell.cli.options import DEFAULT_DATA, Collection, Json
from swell.cli.output import human_size, print_json, print_table, say
from swell.cli.places import Bucket, Data, Project, open_deployment

if TYPE_CHECKING:
    from shared.regions.policy import ReplicationPolicy
    from shared.regions.replication import ReplicationTree
    from swell.cli.places import Deployment

app = typer.Typer(no_args_is_help=True, help="Who copies a collection from whom, and what that costs.")

Shapes = Annotated[str, typer.Option("--shape", help="mesh, hierarchical or hybrid.")]


@app.command("plan")
def plan(
    collection: Collection,
    *,
    data: Data = DEFAULT_DATA,
    project: Project = None,
    bucket: Bucket = None,
    as_json: Json = False,
) -> None:
    """Show what a first copy of a collection to all its regions costs in each shape, and which shape it uses."""
    from shared.regions.egress import READ_ON
    from shared.regions.replication import hubs_of
    from shared.regions.shape_choice import choose_shape
    from shared.topology import load_topology

    live = open_deployment(data, project, bucket)
    size_bytes, policy = _size_of(live, collection), _policy(live, collection)
    topology = load_topology()
    regions = list(topology.regions)
    followers = regions if policy.followers is None else list(policy.followers)
    home = _home(live, collection, topology.home_region)
    choice = choose_shape(home, followers, hubs_of(topology))
    used = policy.tree(home, regions, hubs_of(topology))
    if as_json:
        print_json(
            {
                "collection": collection,
                "home": home,
                "size_bytes": size_bytes,
                "prices_read_on": READ_ON,
                "shapes": [_document(tree, size_bytes) for tree in choice.weighed],
                "cheapest": choice.tree.shape.value,
                "reason": choice.reason.value,
                "used": used.shape.value,
                "sources": dict(used.parents),
            }
        )
        return
    say(f"{collection}: {human_size(size_bytes)} from {home} to {len(used.parents)} regions; list prices of {READ_ON}.")
    print_table(
        {"shape": "left", "bytes moved": "right", "first copy": "right", "per GiB committed": "right", "": "left"},
        [
            [
                tree.shape.value,
                human_size(size_bytes * len(tree.parents)),
                f"${tree.cost_micros(size_bytes) / 1e6:.6f}",
                f"${tree.cost_micros(2**30) / 1e6:.4f}",
                ", ".join(
                    [choice.reason.value.replace("_", " ")] * (tree is choice.tree)
                    + ["used"] * (tree.shape is used.shape)
                ),
            ]
            for tree in choice.weighed
        ],
    )
    print_table(
        {"region": "left", "copies from": "left", "hops": "right"},
        [[region, parent, str(used.hops_to(region))] for region, parent in used.parents.items()],
    )


@app.command("set")
def set_policy(
    collection: Collection,
    *,
    shape: Shapes = "hybrid",
    region: Annotated[list[str] | None, typer.Option(help="A region that follows; repeat it. Default: all.")] = None,
    data: Data = DEFAULT_DATA,
    project: Project = None,
    bucket: Bucket = None,
) -> None:
    """Choose the shape in which a collection is replicated, and the regions that follow it.

    From the next look on, at most a minute later. A region that no longer follows keeps what it has.
    """
    from shared.ports.state import Put
    from shared.regions.paths import replication_document
    from shared.regions.policy import ReplicationPolicy
    from shared.regions.replication import Shape
    from shared.topology import load_topology

    if shape not in list(Shape):
        raise typer.BadParameter(f"got {shape!r}, allowed: {', '.join(Shape)}", param_hint="--shape")
    known = load_topology().regions
    if strange := [name for name in region or [] if name not in known]:
        raise typer.BadParameter(f"got {strange[0]!r}, allowed: {', '.join(known)}", param_hint="--region")
    live = open_deployment(data, project, bucket)
    _size_of(live, collection)
    policy = ReplicationPolicy(Shape(shape), None if not region else tuple(region))
    live.state.commit([Put(replication_document(collection), policy.to_document())])
    say(f"{collection} is replicated as {shape} to {', '.join(region or ['all regions'])}.")


def _policy(live: "Deployment", collection: str) -> "ReplicationPolicy":
    from shared.regions.paths import replication_document
    from shared.regions.policy import ReplicationPolicy

    return ReplicationPolicy.from_document(live.state.get(replication_document(collection)))


def _home(live: "Deployment", collection: str, default_region: str) -> str:
    from shared.domain.paths import head_document
    from shared.regions.homes import home_of

    head = live.state.get(head_document(collection, 0))
    return home_of(head.data if head is not None else {}, default_region).region


def _size_of(live: "Deployment", collection: str) -> int:
    """The bytes that its newest version needs."""
    from shared.domain.paths import collection_document
    from swell.backup.points import current_point

    declared = live.state.get(collection_document(collection))
    if declared is None:
        raise CommandFailed(f"collection {collection!r} does not exist", code="not_found")
    return current_point(live.state, live.objects, declared).size_bytes


def _document(tree: "ReplicationTree", size_bytes: int) -> dict[str, object]:
    return {
        "shape": tree.shape.value,
        "bytes_moved": size_bytes * len(tree.parents),
        "first_copy_usd": tree.cost_micros(size_bytes) / 1e6,
        "usd_per_gib": tree.cost_micros(2**30) / 1e6,
        "most_hops": max((tree.hops_to(region) for region in tree.parents), default=0),
    }
