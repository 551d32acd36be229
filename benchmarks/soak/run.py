"""One soak from start to end."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import numpy as np

from benchmarks.soak.findings import Findings, Held, SoakReport
from benchmarks.soak.follow import TOP_K, Follower, followers
from benchmarks.soak.load import IDS_PER_WRITER, WRITERS, Load
from benchmarks.soak.server import SoakedSwell, soaked_swell
from benchmarks.soak.truth import DIMENSION, MOVING, STILL, Truth, Vector, nearest, random_vector
from benchmarks.soak.usage import Usage, connections_to, tree_of, usage_of
from swell.client import AsyncSwell

_STILL_ROWS: Final = 3000
_WARM_UP_S: Final = 15.0
_IDLE_WITHIN_S: Final = 60.0
_SETTLES_WITHIN_S: Final = 60.0
_CHECKED_QUERIES: Final = 100
_REGION_EVERY_S: Final = 40.0
_REDIS_AWAY_S: Final = 5.0

Say = Callable[[str], None]


def soak(minutes: float, directory: Path, say: Say, seed: int = 1) -> SoakReport:
    """Run it, and report; the answers are compared as they come, the writes at the end."""
    with soaked_swell(directory) as running:
        return asyncio.run(_soak(running, minutes, say, seed))


async def _soak(running: SoakedSwell, minutes: float, say: Say, seed: int) -> SoakReport:
    findings = Findings()
    chance = np.random.default_rng((seed, 1000))
    truth = Truth({f"s{number}": random_vector(chance) for number in range(_STILL_ROWS)})
    async with AsyncSwell(running.url) as client:
        await _declare(client, truth)
        say(f"warming up for {_WARM_UP_S:.0f} s")
        await _load_for(running, client, truth, findings, _WARM_UP_S, seed=seed + 1, disturbed=False)
    before = await _idle(running)
    async with AsyncSwell(running.url) as client:
        say(f"soaking for {minutes:g} minutes")
        watched = await _load_for(running, client, truth, findings, minutes * 60, seed=seed, disturbed=True)
        say("comparing what was acknowledged with what is there")
        rows = await _stored(client, truth, findings)
        await _compare(client, rows, findings, chance)
        await asyncio.gather(*(each.settle(_SETTLES_WITHIN_S, nearest(rows, each.vector, TOP_K)) for each in watched))
    after = await _idle(running)
    held = [
        Held(name, before[name][1], usage, before[name][0] == pid)
        for name, (pid, usage) in after.items()
        if name in before
    ]
    ports = [urlsplit(running.url).port or 0, int(running.grpc.rpartition(":")[2])]
    return SoakReport(minutes, findings, held, sum(map(connections_to, ports)), running.redis is not None)


async def _declare(client: AsyncSwell, truth: Truth) -> None:
    for name in (STILL, MOVING):
        await client.collections.create(name, dimension=DIMENSION, metric="euclidean")
    await client.collection(STILL).upsert(list(truth.still), np.stack(list(truth.still.values())), wait="committed")


async def _load_for(
    running: SoakedSwell,
    client: AsyncSwell,
    truth: Truth,
    findings: Findings,
    seconds: float,
    *,
    seed: int,
    disturbed: bool,
) -> list[Follower]:
    load = Load(client, truth, findings, seed)
    watched = followers(client, running.url, running.grpc, findings, seed)
    tasks = [*load.tasks(), *(asyncio.create_task(each.follow(load.ended)) for each in watched)]
    disturbing = asyncio.create_task(_disturb(running, findings)) if disturbed else None
    try:
        await asyncio.sleep(seconds)
    finally:
        load.ended.set()
        if disturbing is not None:
            disturbing.cancel()
            with suppress(asyncio.CancelledError):
                await disturbing
    await asyncio.gather(*tasks)
    if disturbed and running.redis is not None:
        await asyncio.to_thread(running.redis.start)
    return watched


async def _disturb(running: SoakedSwell, findings: Findings) -> None:
    """In turns: a region is killed, Redis is away for some seconds."""
    while True:
        await asyncio.sleep(_REGION_EVERY_S / 2)
        running.kill(running.regions[-1])
        findings.done["regions killed"] += 1
        await asyncio.sleep(_REGION_EVERY_S / 2)
        if running.redis is not None:
            await asyncio.to_thread(running.redis.kill)
            findings.done["redis killed"] += 1
            await asyncio.sleep(_REDIS_AWAY_S)
            await asyncio.to_thread(running.redis.start)


async def _stored(client: AsyncSwell, truth: Truth, findings: Findings) -> dict[str, Vector]:
    """Every record as it is, compared with what was acknowledged."""
    ids = [f"w{number}-{place}" for number in range(WRITERS) for place in range(IDS_PER_WRITER)]
    found = await client.collection(MOVING).fetch(ids, include=["vector"], consistency="strong")
    rows = {record.id: np.asarray(record.vector, np.float32) for record in found.records}
    for record_id in ids:
        if not truth.allows(record_id, rows.get(record_id)):
            findings.note("committed write lost", record_id)
    findings.done["writes compared"] += len(truth.acknowledged)
    return rows


async def _compare(
    client: AsyncSwell, rows: dict[str, Vector], findings: Findings, chance: np.random.Generator
) -> None:
    for _ in range(_CHECKED_QUERIES):
        vector = random_vector(chance)
        found = await client.collection(MOVING).query(vector, top_k=10, recall=1.0, consistency="strong")
        if found.ids != nearest(rows, vector, 10):
            findings.note("wrong answer", f"at the end: {found.ids} in place of {nearest(rows, vector, 10)}")
        findings.done["query at the end"] += 1


async def _idle(running: SoakedSwell) -> dict[str, tuple[int, Usage]]:
    """What the processes hold once nobody asks: the least of it, sockets first, within a time."""
    deadline_s = time.monotonic() + _IDLE_WITHIN_S
    best: dict[str, tuple[int, Usage]] = {}
    steady = 0
    while time.monotonic() < deadline_s and steady < 8:
        await asyncio.sleep(1.0)
        now = {name: (pid, usage_of(pid)) for name, pid in tree_of(running.process.pid).items()}
        steady = steady + 1 if _sockets(now) == _sockets(best) and now.keys() == best.keys() else 0
        best = now
    return best


def _sockets(found: dict[str, tuple[int, Usage]]) -> int:
    return sum(usage.sockets for _, usage in found.values())
