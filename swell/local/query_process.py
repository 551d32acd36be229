"""One more query process of a region of an embedded Swell, beside the region's own, on the same port.

`python -m swell.local.query_process PORT READY_FILE`; the rest is in the environment, as for any function. The kernel
spreads connections over the processes that listen there. The file appears when this one does.
"""

import sys
from pathlib import Path

import uvicorn

from functions.query.settings import QuerySettings
from functions.query.wiring import build as build_query
from shared.adapters.opening import open_adapters
from shared.regions.placement import placement_of
from shared.telemetry import log_to
from swell.local.query_layers import counting
from swell.local.server import reusable_listener, server_config


def main() -> None:
    """Serve until told to stop."""
    port, ready = int(sys.argv[1]), Path(sys.argv[2])
    settings = QuerySettings()
    assert settings.data_dir  # noqa: S101 - embedded
    region = placement_of(settings).region
    with (settings.data_dir / "logs" / f"{region}.log").open("a") as sink:
        log_to(sink)
        adapters = open_adapters(settings)
        app = build_query(adapters, settings, counting(settings, adapters, region))
        listener = reusable_listener(port, listening=True)
        ready.touch()
        uvicorn.Server(server_config(app)).run(sockets=[listener])
        log_to(None)


if __name__ == "__main__":
    main()
