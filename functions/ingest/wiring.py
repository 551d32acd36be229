"""Puts ingest together; built on first use, so that importing stays cheap."""

from functools import cache

from starlette.types import ASGIApp

from functions.ingest.collection_routes import CollectionRoutes
from functions.ingest.collections import CollectionRegister
from functions.ingest.write_routes import WriteRoutes
from shared.adapters.opening import Adapters, open_adapters
from shared.http import HttpFunction
from shared.settings import Settings
from shared.writes.accept import AcceptWrites


def build(adapters: Adapters) -> ASGIApp:
    """Ingest on these adapters."""
    register = CollectionRegister(adapters.state, adapters.clock)
    writes = AcceptWrites(adapters.state, adapters.objects, adapters.publisher, adapters.clock)
    routes = [*CollectionRoutes(register).routes(), *WriteRoutes(adapters.state, writes).routes()]
    return HttpFunction("ingest", routes, ready=lambda: _check(adapters))


def _check(adapters: Adapters) -> None:
    adapters.state.get("health/probe")


@cache
def app() -> ASGIApp:
    """Ingest as the environment says."""
    return build(open_adapters(Settings()))
