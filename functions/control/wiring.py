"""Puts control together; built on first use, so that importing stays cheap."""

from collections.abc import Sequence
from functools import cache

from starlette.types import ASGIApp

from functions.control.calendar_routes import CalendarRoutes
from functions.control.crowd_routes import CrowdRoutes
from shared.adapters.opening import Adapters, open_adapters
from shared.crowds.calendar_store import CalendarStore
from shared.crowds.timeline import Timeline
from shared.edge import EdgeSettings, edge
from shared.http import UNGUARDED, HttpFunction, Middleware


def build(adapters: Adapters, middleware: Sequence[Middleware] = UNGUARDED) -> ASGIApp:
    """Control on these adapters, behind this middleware."""
    state, clock, timeline = adapters.state, adapters.clock, Timeline(adapters.state)
    routes = [
        *CalendarRoutes(CalendarStore(state), timeline, adapters.publisher, clock).routes(),
        *CrowdRoutes(state, timeline, clock).routes(),
    ]
    return HttpFunction("control", routes, ready=lambda: _check(adapters), middleware=middleware)


def _check(adapters: Adapters) -> None:
    adapters.state.get("health/probe")


@cache
def app() -> ASGIApp:
    """Control as the environment says."""
    settings = EdgeSettings()
    adapters = open_adapters(settings)
    return build(adapters, edge(adapters, settings))
