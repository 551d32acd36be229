"""Puts ingest together; built on first use, so that importing stays cheap."""

from collections.abc import Mapping, Sequence
from functools import cache

from starlette.types import ASGIApp

from functions.ingest.back_pressure import BackPressure
from functions.ingest.collection_routes import CollectionRoutes
from functions.ingest.collections import CollectionRegister
from functions.ingest.erasure_routes import ErasureRoutes
from functions.ingest.erasures import StartErasures
from functions.ingest.homes import CollectionHomes
from functions.ingest.replication import ReplicationShapes
from functions.ingest.settings import IngestSettings
from functions.ingest.transfer_routes import TransferRoutes
from functions.ingest.transfers import StartTransfers
from functions.ingest.write_routes import WriteRoutes
from shared.adapters.backlogs import open_backlog
from shared.adapters.opening import Adapters, open_adapters
from shared.adapters.platform import PlatformSettings
from shared.edge import edge
from shared.erasures.store import Erasures
from shared.http import UNGUARDED, HttpFunction, Middleware
from shared.readiness import readiness
from shared.regions.placement import deployed
from shared.transfers.store import Transfers
from shared.writes.accept import AcceptWrites


def build(
    adapters: Adapters,
    middleware: Sequence[Middleware] = UNGUARDED,
    buckets: Mapping[str, str] | None = None,
    back_pressure: BackPressure | None = None,
) -> ASGIApp:
    """Ingest on these adapters, behind this middleware; `buckets` of the regions that are deployed, if several are.

    Without `back_pressure` writes are taken however many wait.
    """
    register = CollectionRegister(adapters.state, adapters.clock)
    writes = AcceptWrites(adapters.state, adapters.objects, adapters.publisher, adapters.clock)
    erasures = Erasures(adapters.state, adapters.clock)
    start = StartErasures(writes, erasures, adapters.publisher, adapters.clock)
    homes = CollectionHomes(adapters.state, lambda: deployed(buckets or {}))
    routes = [
        *CollectionRoutes(register, ReplicationShapes(adapters.state), homes).routes(),
        *WriteRoutes(adapters.state, writes, start, back_pressure).routes(),
        *ErasureRoutes(adapters.state, erasures).routes(),
        *_transfers(adapters).routes(),
    ]
    return HttpFunction("ingest", routes, ready=lambda: readiness(adapters), middleware=middleware)


def _transfers(adapters: Adapters) -> TransferRoutes:
    transfers = Transfers(adapters.state, adapters.publisher, adapters.clock)
    start = StartTransfers(adapters.state, adapters.files, transfers, adapters.clock)
    return TransferRoutes(start, transfers, adapters.files)


@cache
def app() -> ASGIApp:
    """Ingest as the environment says."""
    settings = IngestSettings()
    adapters = open_adapters(settings)
    pressure = back_pressure(adapters, settings, PlatformSettings())
    return build(adapters, edge(adapters, settings), settings.buckets, pressure)


def back_pressure(adapters: Adapters, settings: IngestSettings, platform: PlatformSettings) -> BackPressure | None:
    """Back-pressure as the settings say; None where the backlog cannot be measured."""
    backlog = open_backlog(platform, adapters.clock)
    return None if backlog is None else BackPressure(backlog, settings)
