"""Writers and readers: what they send is remembered, what comes back is compared."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import numpy as np

from benchmarks.soak.findings import Findings
from benchmarks.soak.truth import MOVING, STILL, Truth, nearest, random_vector
from swell.client import AsyncSwell
from swell.client.errors import ClientError

WRITERS: Final = 3
READERS: Final = 6
IDS_PER_WRITER: Final = 100
_PAUSE_S: Final = 0.05
_WITHIN_S: Final = 20.0


class Load:
    """Everybody who asks, until told to end."""

    def __init__(self, client: AsyncSwell, truth: Truth, findings: Findings, seed: int) -> None:
        self._client = client
        self._truth = truth
        self._findings = findings
        self._seed = seed
        self.ended = asyncio.Event()

    def tasks(self) -> list["asyncio.Task[None]"]:
        """All of them, begun."""
        writers = [self._repeat("upsert", self._write, number) for number in range(WRITERS)]
        readers = [self._repeat("query", self._read, WRITERS + number) for number in range(READERS)]
        return [asyncio.create_task(each) for each in [*writers, *readers]]

    async def _repeat(
        self, what: str, step: Callable[[int, np.random.Generator], Awaitable[None]], number: int
    ) -> None:
        chance = np.random.default_rng((self._seed, number))
        while not self.ended.is_set():
            try:
                await step(number, chance)
                self._findings.done[what] += 1
            except ClientError as error:
                self._findings.refused[f"{what}: {type(error).__name__}"] += 1
            await asyncio.sleep(_PAUSE_S)

    async def _write(self, number: int, chance: np.random.Generator) -> None:
        """Replace some records of one's own, then find one of them, at the version that the write has become."""
        ids = [f"w{number}-{place}" for place in chance.choice(IDS_PER_WRITER, 5, replace=False)]
        vectors = [random_vector(chance) for _ in ids]
        for record_id, vector in zip(ids, vectors, strict=True):
            self._truth.begin(record_id, vector)
        collection = self._client.collection(MOVING)
        receipt = await collection.upsert(ids, np.stack(vectors), wait="committed", timeout_s=_WITHIN_S)
        for record_id, vector in zip(ids, vectors, strict=True):
            self._truth.committed(record_id, vector)
        found = await collection.query(
            vectors[0], top_k=1, recall=1.0, min_version=receipt.version, timeout_s=_WITHIN_S
        )
        if found.ids != [ids[0]]:
            self._findings.note(
                "own write not read", f"{ids[0]} at {receipt.version}: got {found.ids} of {found.version}"
            )

    async def _read(self, _: int, chance: np.random.Generator) -> None:
        """Ask for what never changes."""
        vector = random_vector(chance)
        found = await self._client.collection(STILL).query(vector, top_k=10, recall=1.0, timeout_s=_WITHIN_S)
        expected = nearest(self._truth.still, vector, 10)
        if found.ids != expected:
            self._findings.note("wrong answer", f"{found.ids} in place of {expected} by {found.method}")
