"""What each layer before a search adds to it, in processor time: `python -m benchmarks.request_layers`.

One process calls the application itself, with no server and no socket, and peels it: the engine alone, the handler,
then one layer of the edge after the other. All variants answer the same questions in turns, so that what else the
machine does falls on all of them; a layer's cost is the median, over the turns, of the difference to the variant
without it. Processor time of the whole process counts, threads included, so waiting costs nothing.
"""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final

import orjson
from starlette.types import ASGIApp, Message

from benchmarks.peers.ingest import ingest
from benchmarks.peers.swell_system import SwellSystem
from benchmarks.peers.system import COLLECTION, restart
from benchmarks.vectors.catalog import is_present, load_set
from benchmarks.vectors.vector_set import TOP_K, VectorSet
from functions.query.settings import QuerySettings
from functions.query.wiring import build
from shared.adapters.opening import Adapters, open_adapters
from shared.cache.segment_cache import CacheLimits, SegmentCache
from shared.domain.versions import VersionVector
from shared.edge import EdgeSettings, edge
from shared.http import UNGUARDED
from shared.index.answers import Answer
from shared.reads.heads import Freshness, Heads
from shared.reads.service import AnswerReads, Read, Search, search_question
from shared.reads.snapshots import Snapshots
from shared.telemetry import log_to
from swell.local.server import LOOPBACK

_PATH: Final = f"/v1/collections/{COLLECTION}/query"
_RECALL: Final = 0.95
_STALENESS_S: Final = 60.0  # a look at the state store now and then would be noise

Ask = Callable[[int], Awaitable[object]]


@dataclass(frozen=True)
class LayerCost:
    """Microseconds of processor time of one query: with this layer and all above it in the table, and of it alone.

    `least_us` and `most_us` are the lowest and highest of what it added in a turn: where they are far apart, the
    machine was busy and the median says little.
    """

    layer: str
    total_us: float
    added_us: float
    least_us: float
    most_us: float


def measure_layers(vectors: VectorSet, *, turns: int, queries: int) -> list[LayerCost]:
    """Ingest with a server, then measure in this process.

    Raises:
        ServerFailed: the server that ingests failed.
    """
    with ExitStack() as stack:
        directory = Path(stack.enter_context(TemporaryDirectory(prefix="swell-layers-"))) / "swell"
        system = SwellSystem(directory, 0)
        try:
            restart(system)
            ingest(system, vectors)
        finally:
            system.process.stop()
        log_to(stack.enter_context((directory / "logs" / "layers.log").open("w")))
        stack.callback(log_to, None)
        return asyncio.run(_measured(directory, vectors, turns=turns, queries=queries))


async def _measured(directory: Path, vectors: VectorSet, *, turns: int, queries: int) -> list[LayerCost]:
    variants = _variants(directory, vectors)
    for ask in variants.values():
        for number in range(queries // 2):
            await ask(number)
    seen: dict[str, list[float]] = {name: [] for name in variants}
    for turn in range(turns):
        for name, ask in list(variants.items())[:: 1 if turn % 2 else -1]:
            began_s = time.process_time()
            for number in range(queries):
                await ask(number)
            seen[name].append((time.process_time() - began_s) * 1e6 / queries)
    before = [[0.0] * turns, *seen.values()]
    costs = []
    for (name, totals), base in zip(seen.items(), before, strict=False):
        added = [more - less for more, less in zip(totals, base, strict=True)]
        costs.append(LayerCost(name, median(totals), median(added), min(added), max(added)))
    return costs


def _variants(directory: Path, vectors: VectorSet) -> Mapping[str, Ask]:
    settings = QuerySettings(
        runtime="embedded",
        data_dir=directory,
        cache_dir=directory / "cache",
        answers_max_bytes=0,
        staleness_ms=round(_STALENESS_S * 1000),
    )
    adapters = open_adapters(settings)
    layers = edge(adapters, EdgeSettings(runtime="embedded", data_dir=directory, rate_premium_per_s=1e6))
    compression, access, mode, admission = layers
    asked = {"top_k": TOP_K, "recall": _RECALL}
    rows = [orjson.dumps({"vector": row, **asked}, option=orjson.OPT_SERIALIZE_NUMPY) for row in vectors.queries]
    edges = {
        "handler: body, batch, answer, log line": UNGUARDED,
        "compression": [compression, *UNGUARDED],
        "access": [compression, access],
        "serving mode": [compression, access, mode],
        "admission": [compression, access, mode, admission],
    }
    return {
        "engine": _engine(adapters, settings, vectors),
        **{name: _asking(build(adapters, settings, middleware), rows) for name, middleware in edges.items()},
    }


def _engine(adapters: Adapters, settings: QuerySettings, vectors: VectorSet) -> Ask:
    limits = CacheLimits(settings.cache_max_mapped_bytes, settings.cache_max_bytes)
    segments = SegmentCache(adapters.objects, settings.cache_dir, limits)
    reads = AnswerReads(Snapshots(Heads(adapters.state), adapters.objects, segments, monotonic_s=time.monotonic))
    read = Read(COLLECTION, Freshness(_STALENESS_S, VersionVector({})))
    opened = reads.open(read)
    questions = [
        reads.question(read, Search([row.tolist()], None, TOP_K, _RECALL, None), opened) for row in vectors.queries
    ]

    async def ask(number: int) -> Answer:
        return search_question(questions[number % len(questions)])

    return ask


def _asking(app: ASGIApp, bodies: Sequence[bytes]) -> Ask:
    async def ask(number: int) -> int:
        body, status = bodies[number % len(bodies)], 0

        async def receive() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)

        await app(_scope(len(body)), receive, send)
        if status != 200:
            raise RuntimeError(f"a query was answered {status}")
        return status

    return ask


def _scope(length: int) -> dict[str, object]:
    headers = [(b"host", LOOPBACK.encode()), (b"content-type", b"application/json")]
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": _PATH,
        "raw_path": _PATH.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [*headers, (b"content-length", str(length).encode())],
        "client": (LOOPBACK, 1),
        "server": (LOOPBACK, 80),
    }


def table_lines(costs: Sequence[LayerCost]) -> list[str]:
    """The costs for people."""
    return [
        "processor time of one query, µs:               total     added, lowest to highest",
        *(
            f"  {one.layer:40} {one.total_us:8,.0f}  {one.added_us:8,.0f}  {one.least_us:8,.0f} to {one.most_us:,.0f}"
            for one in costs
        ),
    ]


def main() -> None:
    """Measure on the sentence vectors where they are, else on the hard set."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else None
    vectors = load_set("wordnet" if is_present("wordnet") else "hard", rows, 500)
    for line in table_lines(measure_layers(vectors, turns=9, queries=300)):
        print(line)


if __name__ == "__main__":
    main()
