# ruff: noqa: PLC0415 - what the first answer does not need loads after it can be given
"""Every function on SQLite and a directory: nothing to install, nothing lost on kill -9."""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.types import ASGIApp

from functions.query.settings import QuerySettings
from functions.query.wiring import build as build_query
from shared.adapters.opening import Adapters, open_adapters
from shared.adapters.platform import PlatformSettings
from shared.adapters.stored.fleet import StoredFleet
from shared.auth.google_tokens import verify_with_google
from shared.auth.operator_tokens import OperatorSettings, by_operator_tokens
from shared.edge import EdgeSettings, open_edge
from shared.http import Middleware
from shared.load.reporting import counted
from shared.ports.clock import Clock
from shared.settings import Settings
from shared.telemetry import log_to
from shared.topology import load_topology
from swell.local.consumers import Machine
from swell.local.crowd_clock import crowd_clock
from swell.local.embedded_grpc import EmbeddedGrpc
from swell.local.front_door import FrontDoor
from swell.local.later import Later
from swell.local.running import RunningSwell
from swell.local.server import LOOPBACK, free_port, serve
from swell.local.workers import serve_in_workers
from swell.local.workflows.background import run_workflows
from swell.local.workflows.issuer import WORKFLOWS, LocalIssuer

if TYPE_CHECKING:
    from functions.stream.wiring import Stream


@contextmanager
def run_embedded(data_dir: Path, port: int = 0, *, workers: int = 0) -> Iterator[RunningSwell]:
    """Serve on a loopback port until the block ends; port 0 takes a free one.

    HTTP is served by `workers` processes, or in this one when 0; events are always handled in this one.

    Raises:
        ConfigurationError: the port is taken, or this platform cannot have workers.
    """
    logs = data_dir / "logs"
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)  # vectors and hashes of keys: not for other users
    logs.mkdir(exist_ok=True)
    log_file = logs / "swell.log"
    with log_file.open("a") as sink:
        log_to(sink)
        try:
            grpc_port = free_port()
            with _serving(data_dir, port, workers, grpc_port) as url:
                yield RunningSwell(url, [log_file], f"{LOOPBACK}:{grpc_port}")
        finally:
            log_to(None)


@contextmanager
def _serving(data_dir: Path, port: int, workers: int, grpc_port: int) -> Iterator[str]:
    clock, processes = crowd_clock(data_dir), max(1, workers)
    port, issuer = port or free_port(), LocalIssuer()
    operators = workflows_operate(data_dir, port, issuer)

    def app(adapters: Adapters) -> ASGIApp:
        return _app(data_dir, adapters, clock, grpc_port, operators)

    with ExitStack() as stack:
        if workers:  # forked first, while this process has no threads
            url = stack.enter_context(serve_in_workers(lambda: app(_adapters(data_dir)), port, workers))
        adapters = _adapters(data_dir)
        from swell.local.events import handle_events

        stack.enter_context(handle_events(Machine(data_dir, adapters, processes, clock)))
        if not workers:
            url = stack.enter_context(serve(app(adapters), port))
        open_home_fleet(adapters, processes)
        settings = Settings(runtime="embedded", data_dir=data_dir)
        stack.enter_context(run_workflows(replace(adapters, clock=clock), url, settings, issuer.token))
        yield url


def workflows_operate(data_dir: Path, port: int, issuer: LocalIssuer) -> Sequence[Middleware]:
    """What lets the workflows of this machine operate the functions at a port."""
    return by_operator_tokens(
        OperatorSettings(
            runtime="embedded",
            data_dir=data_dir,
            operator_identities={"workflows": WORKFLOWS},
            operator_audience=f"http://{LOOPBACK}:{port}",
        ),
        ["workflows"],
        verify_with_google(issuer.certificates),
    )


def open_home_fleet(adapters: Adapters, processes: int) -> None:
    """The home region as it runs here: scaling decides about it, and these processes are all that it may have."""
    fleet, home = StoredFleet(adapters.state), load_topology().home_region
    fleet.open(home, min_instances=0, max_instances=processes)
    fleet.report_ready(home, processes)


def _adapters(data_dir: Path) -> Adapters:
    return open_adapters(Settings(runtime="embedded", data_dir=data_dir))


def _app(data_dir: Path, adapters: Adapters, clock: Clock, grpc_port: int, operators: Sequence[Middleware]) -> ASGIApp:
    settings = QuerySettings(runtime="embedded", data_dir=data_dir, cache_dir=data_dir / "cache")
    opened = open_edge(adapters, EdgeSettings(runtime="embedded", data_dir=data_dir))
    crowds, platform = replace(adapters, clock=clock), PlatformSettings(runtime="embedded", data_dir=data_dir)
    counting = counted(crowds, load_topology().home_region, opened, every_s=platform.load_report_s)
    query = build_query(adapters, settings, counting)
    return front_door(data_dir, adapters, clock, opened.layers, query, grpc_port=grpc_port, operators=operators)


def front_door(
    data_dir: Path,
    adapters: Adapters,
    clock: Clock,
    middleware: Sequence[Middleware],
    query: ASGIApp,
    *,
    grpc_port: int,
    operators: Sequence[Middleware] = (),
    closing: Sequence[Callable[[], Awaitable[None]]] = (),
    buckets: Mapping[str, str] | None = None,
    region_urls: Mapping[str, str] | None = None,
) -> FrontDoor:
    """Every HTTP function at one address; `query` is this process's own, or several regions', with their `buckets`.

    `clock` is for crowds; `operators` stands before what they operate.
    """
    stream = Later(lambda: _stream(data_dir, adapters, middleware, buckets or {}))
    functions: dict[str, ASGIApp] = {
        "ingest": Later(lambda: _ingest(data_dir, adapters, middleware, buckets or {})),
        "query": query,
        "stream": stream,
        "coordination": Later(lambda: _coordination(adapters, [*operators, *middleware], region_urls or {})),
        "control": Later(lambda: _control(data_dir, adapters, clock, [*operators, *middleware])),
    }

    grpc = EmbeddedGrpc(stream, grpc_port)
    return FrontDoor(load_topology(), functions, closing, starting=[grpc.start], stopping=[grpc.stop])


def _ingest(
    data_dir: Path, adapters: Adapters, middleware: Sequence[Middleware], buckets: Mapping[str, str]
) -> ASGIApp:
    from functions.ingest.settings import IngestSettings
    from functions.ingest.wiring import back_pressure, build
    from shared.adapters.platform import PlatformSettings

    platform = PlatformSettings(runtime="embedded", data_dir=data_dir)
    pressure = back_pressure(adapters, IngestSettings(runtime="embedded", data_dir=data_dir), platform)
    return build(adapters, middleware, buckets, pressure)


def _coordination(adapters: Adapters, middleware: Sequence[Middleware], region_urls: Mapping[str, str]) -> ASGIApp:
    from functions.coordination.wiring import build

    return build(adapters, middleware, region_urls=region_urls)


def _control(data_dir: Path, adapters: Adapters, clock: Clock, middleware: Sequence[Middleware]) -> ASGIApp:
    from functions.control.wiring import build
    from shared.adapters.platform import open_platform

    crowds = replace(adapters, clock=clock)
    platform = open_platform(PlatformSettings(runtime="embedded", data_dir=data_dir), crowds)
    return build(crowds, platform, middleware, machine_clock=adapters.clock)


def _stream(
    data_dir: Path, adapters: Adapters, middleware: Sequence[Middleware], buckets: Mapping[str, str]
) -> "Stream":
    """Looks at heads ten times a second: it is one read of a local file."""
    from functions.stream.settings import StreamSettings
    from functions.stream.wiring import build

    settings = StreamSettings(
        runtime="embedded",
        data_dir=data_dir,
        cache_dir=data_dir / "cache",
        poll_ms=100,
        region=load_topology().home_region,
        buckets=dict(buckets),
        follows="home",
    )
    return build(adapters, settings, middleware)
