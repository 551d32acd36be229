"""Swell over HTTP/2 without TLS, beside a `swell up`: `python -m benchmarks.live.http2_server DIRECTORY PORT`.

In Google Cloud the load balancer speaks HTTP/2 and hands on HTTP/1.1; `swell up` has no load balancer. This serves the
same functions on the same directory with the server of `stream`, which speaks both.
"""

import asyncio
import sys
from pathlib import Path

from hypercorn.asyncio import serve
from hypercorn.config import Config
from hypercorn.typing import ASGIFramework

from functions.query.settings import QuerySettings
from functions.query.wiring import build as build_query
from shared.adapters.opening import open_adapters
from shared.edge import EdgeSettings, edge
from shared.settings import Settings
from swell.local.crowd_clock import crowd_clock
from swell.local.embedded import front_door
from swell.local.server import LOOPBACK, free_port


def main() -> None:
    """Serve until killed."""
    data_dir, port = Path(sys.argv[1]), int(sys.argv[2])
    adapters = open_adapters(Settings(runtime="embedded", data_dir=data_dir))
    middleware = edge(adapters, EdgeSettings(runtime="embedded", data_dir=data_dir))
    settings = QuerySettings(runtime="embedded", data_dir=data_dir, cache_dir=data_dir / "cache")
    query = build_query(adapters, settings, middleware)
    door = front_door(data_dir, adapters, crowd_clock(data_dir), middleware, query, grpc_port=free_port())
    app: ASGIFramework = door  # type: ignore[assignment]
    config = Config()
    config.bind = [f"{LOOPBACK}:{port}"]
    config.include_server_header = False
    config.accesslog = None
    config.errorlog = None
    asyncio.run(serve(app, config))


if __name__ == "__main__":
    main()
