"""One region of an embedded Swell in a process of its own: its queries, and its region sync.

`python -m swell.local.region_process PORT`; the rest is in the environment, as for any function.
"""

import sys
import threading
from typing import Final

import uvicorn

from functions.query.settings import QuerySettings
from functions.query.wiring import build as build_query
from functions.region_sync.settings import RegionSyncSettings
from functions.region_sync.wiring import build as build_region_sync
from shared.adapters.embedded.dispatcher import Dispatcher
from shared.adapters.embedded.received_message import ReceivedMessage
from shared.adapters.opening import open_adapters, open_bucket
from shared.errors import SwellError
from shared.regions.placement import placement_of
from shared.settings import Settings
from shared.telemetry import log, log_to
from swell.local.events import broker_of
from swell.local.query_layers import counting
from swell.local.server import reusable_listener, server_config

_HEARTBEAT_S: Final = 1.0
"""On one machine, whose clock all share, a region can be missed within seconds."""


def main() -> None:
    """Serve until told to stop."""
    settings = QuerySettings()
    assert settings.data_dir  # noqa: S101 - embedded
    placement = placement_of(settings)
    with (settings.data_dir / "logs" / f"{placement.region}.log").open("a") as sink:
        log_to(sink)
        adapters = open_adapters(settings)
        membership = RegionSyncSettings(
            **settings.model_dump(include=set(Settings.model_fields)),
            heartbeat_s=_HEARTBEAT_S,
            query_url=f"http://127.0.0.1:{sys.argv[1]}",
        )
        sync = build_region_sync(adapters, placement, lambda name: open_bucket(settings, name), membership)
        own = {
            name
            for name, each in placement.topology.placed_subscriptions(placement.buckets).items()
            if each.region == placement.region
        }

        def deliver(_: str, received: ReceivedMessage) -> None:
            sync.consumer.consume(received.data, received.attributes)

        def look_for_what_was_missed() -> None:
            try:
                sync.catch_up()
            except SwellError as error:  # the next tick looks again
                log("WARNING", "no catching up at start", region=placement.region, reason=f"{error.code}: {error}")

        def be_there() -> None:
            anew = True
            while not ended.wait(0 if anew else _HEARTBEAT_S):
                try:
                    sync.coordinating.tick(anew=anew)
                    anew = False
                except SwellError as error:  # the next beat may be heard
                    log("WARNING", "not heard", region=placement.region, reason=f"{error.code}: {error}")
                    ended.wait(_HEARTBEAT_S)

        dispatcher = Dispatcher(broker_of(adapters), deliver, only=own)
        dispatcher.start()
        threading.Thread(target=look_for_what_was_missed, name="catch-up", daemon=True).start()
        ended = threading.Event()
        threading.Thread(target=be_there, name="heartbeat", daemon=True).start()
        app = build_query(adapters, settings, counting(settings, adapters, placement.region))
        listener = reusable_listener(int(sys.argv[1]), listening=True)  # more processes may join: swell/local/fleet.py
        uvicorn.Server(server_config(app)).run(sockets=[listener])
        ended.set()
        dispatcher.stop(grace_s=5)
        log_to(None)


if __name__ == "__main__":
    main()
