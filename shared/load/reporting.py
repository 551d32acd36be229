"""Counts the requests of this process and reports them, where the platform does not: on this machine, on emulators."""

import os
import threading
import time
from dataclasses import replace
from functools import partial
from uuid import uuid4

from shared.adapters.opening import Adapters
from shared.adapters.stored.load_metrics import StoredLoadMetrics
from shared.coordination.process_load import ProcessLoad
from shared.edge import Edge
from shared.errors import SwellError
from shared.load.counter import LoadCounter, Machine
from shared.load.layer import CountLoad
from shared.telemetry import log


def counted(adapters: Adapters, region: str, edge: Edge, *, every_s: float) -> Edge:
    """The layers of one process of a region, behind one that counts; it reports from a thread as long as it lives."""
    process = ProcessLoad()
    counter = LoadCounter(
        adapters.clock,
        Machine(time.process_time, float(os.cpu_count() or 1), lambda: process().memory_share or 0.0),
    )
    metrics, instance = StoredLoadMetrics(adapters.state, (region,)), f"{os.getpid()}-{uuid4().hex[:8]}"

    def report() -> None:
        while True:
            time.sleep(every_s)
            minutes = counter.minutes()
            try:
                if minutes:
                    metrics.report(region, instance, minutes, adapters.clock.now())
            except SwellError as error:  # what is not heard now is in the next report
                log("WARNING", "load not reported", region=region, reason=f"{error.code}: {error}")

    threading.Thread(target=report, name="load-report", daemon=True).start()
    return replace(
        edge, layers=[partial(CountLoad, counter=counter), *edge.layers], door=partial(edge.door, load=counter)
    )
