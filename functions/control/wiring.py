"""Puts control together; built on first use, so that importing stays cheap."""

import time
from collections.abc import Callable, Sequence
from functools import cache

from starlette.types import ASGIApp

from functions.control.budget_routes import BudgetRoutes
from functions.control.calendar_routes import CalendarRoutes
from functions.control.carry_stop import CarryStop
from functions.control.crowd_routes import CrowdRoutes
from functions.control.decision_routes import DecisionRoutes
from functions.control.prewarm_routes import PrewarmRoutes
from functions.control.raise_routes import RaiseRoutes
from functions.control.report_routes import ReportRoutes
from functions.control.reporting.report_store import Reports
from functions.control.reporting.sections import Sections
from functions.control.rolling_out import RollOut
from functions.control.rollout_routes import RolloutRoutes
from functions.control.warming import WarmRegion
from shared.adapters.opening import Adapters, open_adapters
from shared.adapters.platform import Platform, PlatformSettings, open_platform
from shared.auth.operator_tokens import OperatorSettings, by_operator_tokens
from shared.budget.decision_store import SpendingDecisions
from shared.budget.documents import Budgets
from shared.budget.stopping import Stopping
from shared.coordination.announcing import Announcements
from shared.coordination.ballots import Ballots
from shared.coordination.membership import Membership
from shared.coordination.tasks.desk import TaskDesk
from shared.crowds.calendar_store import CalendarStore
from shared.crowds.prewarms import Prewarms
from shared.crowds.timeline import Timeline
from shared.edge import EdgeSettings, edge
from shared.http import UNGUARDED, HttpFunction, Middleware
from shared.ports.clock import Clock, SystemClock
from shared.topology import load_topology


class ControlSettings(EdgeSettings, OperatorSettings, PlatformSettings):
    """Who may come in, and which platform is controlled."""


def build(
    adapters: Adapters,
    platform: Platform,
    middleware: Sequence[Middleware] = UNGUARDED,
    pause: Callable[[float], None] = time.sleep,
    machine_clock: Clock | None = None,
) -> ASGIApp:
    """Control on these adapters, behind this middleware; `pause` is how it waits for others.

    Regions and their tasks go by `machine_clock`, where crowds go by a quicker one: else all regions would look dead.
    """
    state, clock, timeline = adapters.state, adapters.clock, Timeline(adapters.state)
    regions_clock = machine_clock or clock
    membership = Membership(state, regions_clock)
    desk = TaskDesk(state, regions_clock, membership, adapters.publisher)
    prewarms = PrewarmRoutes(
        state=state,
        prewarms=Prewarms(state),
        fleet=platform.fleet,
        warm=WarmRegion(state, membership, desk, regions_clock, pause),
        timeline=timeline,
        clock=clock,
    )
    ballots = Ballots(state, clock, membership)
    stopping = Stopping(Budgets(state), ballots, timeline, clock)
    carry = CarryStop(
        decisions=SpendingDecisions(state),
        budgets=Budgets(state),
        stopping=stopping,
        ballots=ballots,
        announcements=Announcements(adapters.publisher, clock),
        callbacks=platform.callbacks,
        timeline=timeline,
        clock=clock,
    )
    roll_out = RollOut(
        state=state,
        publisher=adapters.publisher,
        membership=membership,
        desk=desk,
        clock=clock,
        topology=load_topology(),
        pause=pause,
    )
    routes = [
        *CalendarRoutes(state, CalendarStore(state), timeline, adapters.publisher, clock).routes(),
        *CrowdRoutes(state, timeline, clock).routes(),
        *prewarms.routes(),
        *RolloutRoutes(roll_out).routes(),
        *BudgetRoutes(state, stopping, clock).routes(),
        *DecisionRoutes(carry).routes(),
        *ReportRoutes(Sections(state, ballots, platform.failures, clock), Reports(state), timeline, clock).routes(),
        *RaiseRoutes(Budgets(state), CalendarStore(state), timeline, clock).routes(),
    ]
    return HttpFunction("control", routes, ready=lambda: _check(adapters), middleware=middleware)


def _check(adapters: Adapters) -> None:
    adapters.state.get("health/probe")


@cache
def app() -> ASGIApp:
    """Control as the environment says."""
    settings = ControlSettings()
    adapters = open_adapters(settings)
    roles = load_topology().functions["control"].operators
    middleware = [*by_operator_tokens(settings, roles), *edge(adapters, settings)]
    return build(adapters, open_platform(settings, adapters), middleware, machine_clock=SystemClock())
