"""What refusing a read costs, at the door and behind all layers, in processor time: `python -m benchmarks.refusals`.

One process calls the query function itself, with no server and no socket, while its only place for reads is taken and
its line stands. *Warm* refusals follow each other. Before a *cold* one the processor's caches are filled with something
else, as a search between two refusals does: a loaded instance refuses like this. Both ways take turns, so that what
else the machine does falls on both.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from itertools import product
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np
from starlette.types import ASGIApp, Message

from functions.query.settings import QuerySettings
from functions.query.wiring import build
from shared.adapters.opening import open_adapters
from shared.auth.key_record import Grant
from shared.auth.key_store import KeyStore
from shared.auth.scope import Scope
from shared.domain.rate_limit import RateLimit
from shared.edge import EdgeSettings, open_edge
from shared.telemetry import log_to

_PATH: Final = "/v1/collections/words/query"
_REFUSALS: Final = 400
_SEARCHED_BYTES: Final = 8 << 20


async def measure_refusals(directory: Path, count: int) -> Mapping[str, float]:
    """Microseconds of one refusal, the median, by way."""
    options = {"runtime": "embedded", "data_dir": directory}
    settings = QuerySettings.model_validate({**options, "cache_dir": directory / "cache"})
    adapters = open_adapters(settings)
    grant = Grant("refused", frozenset({Scope.READ}), rate=RateLimit(1e6, 1_000_000))
    key = KeyStore(adapters.state, adapters.clock).create(grant, by="benchmark")[1]
    edge = open_edge(adapters, EdgeSettings.model_validate({**options, "reads_at_once_at_most": 1}))
    lane = edge.gate.reads
    while lane.enter_now() is not None:
        pass
    ways = {
        "through all layers": build(adapters, settings, edge.layers),
        "at the door": build(adapters, settings, edge),
    }
    await asyncio.gather(*(_status(ways["through all layers"], key) for _ in range(2)))  # who wait in vain: it stands
    searched = np.zeros(_SEARCHED_BYTES, np.uint8)
    caches: dict[str, Callable[[], object]] = {"warm": lambda: None, "cold": searched.sum}
    seen: dict[str, list[float]] = {f"{way}, {state}": [] for way, state in product(ways, caches)}
    for _, (way, app), (state, spoil) in product(range(count), ways.items(), caches.items()):
        spoil()
        began_s = time.thread_time()
        status = await _status(app, key)
        seen[f"{way}, {state}"].append((time.thread_time() - began_s) * 1e6)
        if status != 503:
            raise RuntimeError(f"a refusal was answered {status}")
    return {name: median(took_us) for name, took_us in seen.items()}


async def _status(app: ASGIApp, key: str) -> int:
    status = 0

    async def receive() -> Message:
        raise RuntimeError("a refusal read the body")

    async def send(message: Message) -> None:
        nonlocal status
        status = message.get("status", status)

    scope = {
        "type": "http",
        "method": "POST",
        "path": _PATH,
        "query_string": b"",
        "headers": [(b"host", b"127.0.0.1"), (b"authorization", f"Bearer {key}".encode()), (b"content-length", b"9")],
    }
    await app(scope, receive, send)
    return status


def main() -> None:
    """Print what each way costs."""
    with ExitStack() as stack:
        directory = Path(stack.enter_context(TemporaryDirectory(prefix="swell-refusals-")))
        log_to(stack.enter_context((directory / "log").open("w")))
        stack.callback(log_to, None)
        costs = asyncio.run(measure_refusals(directory, _REFUSALS))
    print("processor time of one refusal, median, µs:")
    for name, cost_us in costs.items():
        print(f"  {name:28} {cost_us:8,.0f}")


if __name__ == "__main__":
    main()
