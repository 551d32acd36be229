"""Callers of a `swell up` under test: keys without limits, requests that show them, how many are answered at most."""

from collections.abc import Iterable, Sequence
from statistics import median
from typing import Final

import orjson

from benchmarks.load.generator import generate_load
from benchmarks.load.job import Task
from benchmarks.load.wire import encode_request
from benchmarks.peers.ingest import ingest
from benchmarks.peers.swell_system import SwellSystem
from benchmarks.peers.system import COLLECTION, restart
from benchmarks.vectors.vector_set import TOP_K, Rows, VectorSet
from shared.adapters.embedded.state import SqliteState
from shared.auth.key_record import Grant
from shared.auth.key_store import KeyStore
from shared.auth.scope import Scope
from shared.domain.rate_limit import RateLimit
from shared.domain.tier import Tier
from shared.ports.clock import SystemClock
from shared.vectors import encode_vectors

_NO_LIMIT: Final = RateLimit(1e6, 1_000_000)
PEAK_CONNECTIONS: Final = 4
PEAK_TRIES: Final = 3


def filled_with_keys(system: SwellSystem, vectors: VectorSet, tiers: Iterable[Tier]) -> dict[Tier, str]:
    """Start it, fill it, make a key of each tier, and start it anew: nothing of the filling is left in its memory.

    Raises:
        ServerFailed, GeneratorFailed: the server or the load generator failed.
    """
    restart(system)
    ingest(system, vectors)
    keys = {tier: _unlimited_key(system, tier) for tier in tiers}
    restart(system)
    return keys


def _unlimited_key(system: SwellSystem, tier: Tier) -> str:
    """A key that may do everything, as often as it likes."""
    keys = KeyStore(SqliteState(system.directory / "state.db"), SystemClock())
    return keys.create(Grant(f"bench {tier.value}", frozenset(Scope), tier=tier, rate=_NO_LIMIT), by="swell bench")[1]


def encode_post(port: int, action: str, body: bytes, key: str | None) -> bytes:
    """A POST to the collection under test, such as `query`."""
    return encode_request("POST", f"/v1/collections/{COLLECTION}/{action}", body, port=port, key=key)


def query_posts(port: int, queries: Rows, key: str | None) -> list[bytes]:
    """One request for the nearest of each query, at the recall that is served to who does not ask for one."""
    bodies = [orjson.dumps({"vector": encode_vectors(row), "top_k": TOP_K}) for row in queries]
    return [encode_post(port, "query", body, key) for body in bodies]


def peak_per_s(port: int, requests: Sequence[bytes], seconds: float, *, tries: int = PEAK_TRIES) -> float:
    """How many of these a server answers at most, each second: the median of some runs of a closed loop.

    They should differ: what several ask at once is sought once, and the peak of one request is nobody else's.
    """
    task = Task(port, PEAK_CONNECTIONS, seconds, warm_up_s=seconds / 2)
    return median(generate_load(task, requests).per_s for _ in range(tries))
