"""Every function in this process, on SQLite and a directory: nothing to install, nothing lost on kill -9."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from functions.index_update.settings import IndexUpdateSettings
from functions.index_update.wiring import build as build_index_update
from functions.ingest.wiring import build as build_ingest
from functions.query.settings import QuerySettings
from functions.query.wiring import build as build_query
from shared.adapters.embedded.broker import SqliteBroker
from shared.adapters.embedded.dispatcher import Dispatcher
from shared.adapters.embedded.received_message import ReceivedMessage
from shared.adapters.opening import open_adapters
from shared.telemetry import log_to
from shared.topology import load_topology
from swell.local.front_door import front_door
from swell.local.running import RunningSwell
from swell.local.server import serve


@contextmanager
def run_embedded(data_dir: Path, port: int = 0) -> Iterator[RunningSwell]:
    """Serve on a loopback port until the block ends; port 0 takes a free one.

    Raises:
        ConfigurationError: the port is taken.
    """
    logs = data_dir / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    log_file = logs / "swell.log"
    with log_file.open("a") as sink:
        log_to(sink)
        try:
            with _serving(data_dir, port) as url:
                yield RunningSwell(url, [log_file])
        finally:
            log_to(None)


@contextmanager
def _serving(data_dir: Path, port: int) -> Iterator[str]:
    cache_dir = data_dir / "cache"
    settings = IndexUpdateSettings(runtime="embedded", data_dir=data_dir, cache_dir=cache_dir)
    adapters = open_adapters(settings)
    assert isinstance(adapters.publisher, SqliteBroker)  # noqa: S101 - what embedded opens
    topology = load_topology()
    index_update = build_index_update(adapters, settings)
    query_settings = QuerySettings(runtime="embedded", data_dir=data_dir, cache_dir=cache_dir)
    app = front_door(topology, {"ingest": build_ingest(adapters), "query": build_query(adapters, query_settings)})

    def deliver(_: str, received: ReceivedMessage) -> None:
        index_update.consume(received.data, received.attributes)

    dispatcher = Dispatcher(adapters.publisher, deliver)
    dispatcher.start()
    try:
        with serve(app, port) as url:
            yield url
    finally:
        dispatcher.stop(grace_s=10)
