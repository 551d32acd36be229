"""Puts coordination together; built on first use, so that importing stays cheap."""

from collections.abc import Mapping, Sequence
from functools import cache

from pydantic import Field
from starlette.types import ASGIApp

from functions.coordination.ballot_routes import BallotRoutes
from functions.coordination.carrying_out import CarryOut
from functions.coordination.endpoint_routes import EndpointRoutes
from functions.coordination.inquiry_routes import InquiryRoutes
from functions.coordination.lease_routes import LeaseRoutes
from functions.coordination.proposing import Proposing
from functions.coordination.region_routes import RegionRoutes
from functions.coordination.task_routes import TaskRoutes
from shared.adapters.opening import Adapters, open_adapters
from shared.auth.operator_tokens import OperatorSettings, by_operator_tokens
from shared.coordination.announcing import Announcements
from shared.coordination.ballots import Ballots
from shared.coordination.home_moves import HomeMoves
from shared.coordination.inquiries import Inquiries
from shared.coordination.leases import Leases
from shared.coordination.membership import Membership
from shared.coordination.tasks.desk import TaskDesk
from shared.edge import EdgeSettings, edge
from shared.http import UNGUARDED, HttpFunction, Middleware
from shared.topology import load_topology


class CoordinationSettings(EdgeSettings, OperatorSettings):
    """Who may come in, and where clients find the regions."""

    region_urls: dict[str, str] = Field(
        default_factory=dict,
        description="JSON object: the address at which a region answers reads, by region; what clients are told",
    )


def build(
    adapters: Adapters,
    middleware: Sequence[Middleware] = UNGUARDED,
    *,
    region_urls: Mapping[str, str] | None = None,
    region: str | None = None,
) -> ASGIApp:
    """Coordination on these adapters, behind this middleware, in a region (by default home)."""
    state, clock, topology = adapters.state, adapters.clock, load_topology()
    membership, leases = Membership(state, clock), Leases(state, clock)
    ballots, announcements = Ballots(state, clock, membership), Announcements(adapters.publisher, clock)
    moves = HomeMoves(state, clock, membership, leases, topology.home_region)
    proposing = Proposing(state, clock, membership, topology)
    carry_out = CarryOut(ballots, leases, moves, announcements)
    routes = [
        *RegionRoutes(state, clock, membership, topology).routes(),
        *EndpointRoutes(membership, clock, topology, region_urls or {}, region or topology.home_region).routes(),
        *BallotRoutes(ballots, proposing, membership, carry_out, announcements).routes(),
        *LeaseRoutes(leases).routes(),
        *InquiryRoutes(Inquiries(state, clock, membership, adapters.publisher), clock).routes(),
        *TaskRoutes(TaskDesk(state, clock, membership, adapters.publisher), clock).routes(),
    ]
    return HttpFunction("coordination", routes, ready=lambda: _check(adapters), middleware=middleware)


def _check(adapters: Adapters) -> None:
    adapters.state.get("health/probe")


@cache
def app() -> ASGIApp:
    """Coordination as the environment says."""
    settings = CoordinationSettings()
    adapters = open_adapters(settings)
    roles = load_topology().functions["coordination"].operators
    middleware = [*by_operator_tokens(settings, roles), *edge(adapters, settings)]
    return build(adapters, middleware, region_urls=settings.region_urls, region=settings.region)
