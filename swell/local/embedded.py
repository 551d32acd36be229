"""Every function on SQLite and a directory: nothing to install, nothing lost on kill -9."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from starlette.types import ASGIApp

from functions.coordination.wiring import build as build_coordination
from functions.ingest.wiring import build as build_ingest
from functions.query.settings import QuerySettings
from functions.query.wiring import build as build_query
from functions.stream.settings import StreamSettings
from functions.stream.wiring import Stream
from functions.stream.wiring import build as build_stream
from shared.adapters.embedded.broker import SqliteBroker
from shared.adapters.embedded.dispatcher import Dispatcher
from shared.adapters.embedded.received_message import ReceivedMessage
from shared.adapters.opening import Adapters, open_adapters
from shared.adapters.watched import WatchedPublisher
from shared.edge import EdgeSettings, edge
from shared.http import Middleware
from shared.settings import Settings
from shared.telemetry import log_to
from shared.topology import load_topology
from swell.local.consumers import EmbeddedConsumers
from swell.local.front_door import FrontDoor
from swell.local.running import RunningSwell
from swell.local.schedules import run_schedules
from swell.local.server import serve
from swell.local.workers import serve_in_workers


@contextmanager
def run_embedded(data_dir: Path, port: int = 0, *, workers: int = 0) -> Iterator[RunningSwell]:
    """Serve on a loopback port until the block ends; port 0 takes a free one.

    HTTP is served by `workers` processes, or in this one when 0; events are always handled in this one.

    Raises:
        ConfigurationError: the port is taken, or this platform cannot have workers.
    """
    logs = data_dir / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    log_file = logs / "swell.log"
    with log_file.open("a") as sink:
        log_to(sink)
        try:
            with _serving(data_dir, port, workers) as url:
                yield RunningSwell(url, [log_file])
        finally:
            log_to(None)


@contextmanager
def _serving(data_dir: Path, port: int, workers: int) -> Iterator[str]:
    with ExitStack() as stack:
        if workers:  # forked first, while this process has no threads
            url = stack.enter_context(serve_in_workers(lambda: _app(data_dir, _adapters(data_dir)), port, workers))
        adapters = _adapters(data_dir)
        stack.enter_context(_events(data_dir, adapters))
        stack.enter_context(run_schedules(load_topology().schedules, adapters.publisher, adapters.clock))
        if not workers:
            url = stack.enter_context(serve(_app(data_dir, adapters), port))
        yield url


def _adapters(data_dir: Path) -> Adapters:
    return open_adapters(Settings(runtime="embedded", data_dir=data_dir))


def _app(data_dir: Path, adapters: Adapters) -> ASGIApp:
    settings = QuerySettings(runtime="embedded", data_dir=data_dir, cache_dir=data_dir / "cache")
    middleware = edge(adapters, EdgeSettings(runtime="embedded", data_dir=data_dir))
    stream = _stream(data_dir, adapters, middleware)
    functions: dict[str, ASGIApp] = {
        "ingest": build_ingest(adapters, middleware),
        "query": build_query(adapters, settings, middleware),
        "stream": stream,
        "coordination": build_coordination(adapters, middleware),
    }
    return FrontDoor(load_topology(), functions, stopping=[stream.sessions.end])


def _stream(data_dir: Path, adapters: Adapters, middleware: Sequence[Middleware]) -> Stream:
    """Looks at heads ten times a second: it is one read of a local file."""
    settings = StreamSettings(runtime="embedded", data_dir=data_dir, cache_dir=data_dir / "cache", poll_ms=100)
    return build_stream(adapters, settings, middleware)


@contextmanager
def _events(data_dir: Path, adapters: Adapters) -> Iterator[None]:
    assert isinstance(adapters.publisher, WatchedPublisher)  # noqa: S101 - what embedded opens
    broker = adapters.publisher.inner
    assert isinstance(broker, SqliteBroker)  # noqa: S101
    consumers = EmbeddedConsumers(data_dir, adapters)
    functions = {name: each.push_function for name, each in load_topology().subscriptions.items()}

    def deliver(subscription: str, received: ReceivedMessage) -> None:
        consumers.of(functions[subscription]).consume(received.data, received.attributes)

    dispatcher = Dispatcher(broker, deliver)
    dispatcher.start()
    try:
        yield
    finally:
        dispatcher.stop(grace_s=10)
