"""Carrying out by force what a ballot has accepted, on the stores of a deployment."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from shared.coordination import forced_moves
from shared.coordination.ballots import Ballots
from shared.coordination.forced_moves import ForcedMoves, Loss
from shared.coordination.leases import Leases
from shared.coordination.membership import Membership
from shared.coordination.proposal import MoveHome
from shared.errors import Conflict
from shared.ports.clock import SystemClock
from shared.ports.objects import ObjectStore
from shared.topology import load_topology
from swell.cli.failure import CommandFailed
from swell.cli.places import open_deployment

_TTL = timedelta(minutes=5)


@dataclass(frozen=True)
class Order:
    """Whose word it is; `accepts` None: only look."""

    operator: str
    accepts: int | None


@dataclass(frozen=True)
class Place:
    """Where the deployment is; `bucket` is that of the heir."""

    data: Path
    project: str | None
    bucket: str | None


def forced(ballot_id: str, order: Order, place: Place) -> tuple[Sequence[Loss], bool]:
    """What is lost of every collection, and whether it was moved.

    Raises:
        CommandFailed: there is no such deployment.
        Conflict: the ballot allows nothing, or the lease is held.
    """
    live, clock = open_deployment(place.data, place.project, place.bucket), SystemClock()
    membership, leases = Membership(live.state, clock), Leases(live.state, clock)
    ballot = Ballots(live.state, clock, membership).get(ballot_id)
    if not isinstance(ballot.proposal, MoveHome):
        raise Conflict(f"ballot {ballot_id!r} is not about a home")
    home = load_topology().home_region
    moves = ForcedMoves(live.state, clock, membership, leases, home, bucket=_bucket(place, live.objects))
    losses = [moves.loss(ballot, collection) for collection in moves.concerned(ballot)]
    total = sum(loss.versions for loss in losses)
    if order.accepts is None or order.accepts < total:
        return losses, False
    lease = f"move-home-{ballot.proposal.from_region}"  # as the workflow takes it
    held = leases.acquire(lease, f"forced-{order.operator}", _TTL)
    for loss in losses:
        held = leases.held(lease, held.lease.fencing_token)
        moves.force(ballot, loss.collection, held, forced_moves.Order(order.operator, loss.versions))
    leases.release(leases.held(lease, held.lease.fencing_token))
    return losses, True


def _bucket(place: Place, given: ObjectStore) -> Callable[[str], ObjectStore]:
    if place.project is not None:
        return lambda _: given
    from shared.adapters.embedded.objects import DirectoryObjects  # noqa: PLC0415 - with what a command opens
    from swell.local.region_choice import folders  # noqa: PLC0415

    topology = load_topology()
    names = folders(topology, list(topology.regions))

    def opened(region: str) -> ObjectStore:
        folder = place.data / names[region]
        if not folder.is_dir():
            raise CommandFailed(f"{folder} does not exist: {region} has nothing", code="not_found")
        return DirectoryObjects(folder)

    return opened
