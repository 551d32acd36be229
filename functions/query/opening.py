"""Opening what reads need: once for all who may be behind, and before they have to wait for it."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from starlette.concurrency import run_in_threadpool

from functions.query.reading import until_visible
from shared.reads.service import AnswerReads, Read
from shared.reads.snapshots import OpenCollection
from shared.request_context import RequestContext
from shared.serving.deadline import Deadline, awaited


class _Opening(NamedTuple):
    """What began then, and may be as old as that."""

    task: "asyncio.Task[OpenCollection]"
    began_s: float
    staleness_s: float

    def serves(self, staleness_s: float, now_s: float) -> bool:
        """Whether what it opens is new enough for a reader on this event loop."""
        oldest_s = max(self.staleness_s, now_s - self.began_s)
        return oldest_s <= staleness_s and self.task.get_loop() is asyncio.get_running_loop()


class Openings:
    """The openings of this instance. For the event loop."""

    def __init__(self, reads: AnswerReads, *, monotonic_s: Callable[[], float] = time.monotonic) -> None:
        self._reads = reads
        self._monotonic_s = monotonic_s
        self._under_way: dict[tuple[str, bool], _Opening] = {}

    async def open(self, read: Read, context: RequestContext, deadline: Deadline) -> OpenCollection:
        """Open what is not in memory. Those who may be behind share one look at the store.

        Raises:
            DeadlineExceeded: it is not open by then.
            As `AnswerReads.open`.
        """
        if not _may_be_behind(read):
            return await until_visible(lambda: self._reads.open(read), context, deadline)
        return await awaited(self._begin(read, staleness_s=read.freshness.max_staleness_s), deadline)

    def open_ahead(self, read: Read) -> None:
        """Begin to open what is newer before what is in memory is too old for a read.

        A version with many new segments takes a while to open, in which nobody's answer has to stand still.
        """
        if _may_be_behind(read) and _key(read) not in self._under_way and self._reads.is_ageing(read):
            self._begin(read, staleness_s=read.freshness.max_staleness_s / 2)

    def _begin(self, read: Read, *, staleness_s: float) -> "asyncio.Task[OpenCollection]":
        """Open what is at most so old; what is being opened already, if it is."""
        key, now_s = _key(read), self._monotonic_s()
        under_way = self._under_way.get(key)
        if under_way is not None and under_way.serves(staleness_s, now_s):
            return under_way.task
        wanted = replace(read, freshness=replace(read.freshness, max_staleness_s=staleness_s))
        task = asyncio.get_running_loop().create_task(run_in_threadpool(self._reads.open, wanted))
        self._under_way[key] = _Opening(task, now_s, staleness_s)
        task.add_done_callback(lambda ended: self._opened(key, ended))
        return task

    def _opened(self, key: tuple[str, bool], ended: "asyncio.Task[OpenCollection]") -> None:
        under_way = self._under_way.get(key)
        if under_way is not None and under_way.task is ended:
            del self._under_way[key]
        if not ended.cancelled():
            ended.exception()  # whoever still waits hears of it


def _key(read: Read) -> tuple[str, bool]:
    return read.collection, read.whole


def _may_be_behind(read: Read) -> bool:
    return read.freshness.max_staleness_s > 0 and not read.freshness.least.by_shard
