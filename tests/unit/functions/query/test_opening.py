"""Reads open what is not in memory together, and ahead of those that would wait for it."""

import asyncio
from concurrent.futures import Future
from queue import SimpleQueue
from typing import cast

import pytest

from functions.query.opening import Openings
from shared.domain.versions import VersionVector
from shared.errors import DependencyUnavailable
from shared.reads.heads import Freshness
from shared.reads.service import AnswerReads, Read
from shared.reads.snapshots import OpenCollection
from shared.request_context import RequestContext

OPENED = cast("OpenCollection", object())


class SlowReads:
    """Opens when it is told to; notes how old what it opens may be."""

    def __init__(self) -> None:
        self.asked_s: SimpleQueue[float] = SimpleQueue()
        self.ageing = True
        self.opens: Future[OpenCollection] = Future()

    def open(self, read: Read) -> OpenCollection:
        """Wait."""
        self.asked_s.put(read.freshness.max_staleness_s)
        return self.opens.result(10)

    def is_ageing(self, _read: Read) -> bool:
        """As the test says."""
        return self.ageing


def read_of(staleness_s: float) -> Read:
    """A read that may be so far behind."""
    return Read("c", Freshness(staleness_s, VersionVector({})))


@pytest.mark.parametrize(("staleness_s", "openings"), [(1.0, [0.5]), (0.2, [0.5, 0.2])])
def test_who_comes_while_it_is_opened_ahead_waits_for_that(staleness_s: float, openings: list[float]) -> None:
    """Many reads begin it once and go on; one that finds nothing in memory joins it, unless it wants newer."""
    reads = SlowReads()

    async def ask() -> OpenCollection:
        ahead = Openings(cast("AnswerReads", reads), monotonic_s=lambda: 7.0)
        for _ in range(3):
            ahead.open_ahead(read_of(1.0))
        context = RequestContext({})
        asking = asyncio.ensure_future(ahead.open(read_of(staleness_s), context, context.deadline(9000)))
        for expected_s in openings:
            assert await asyncio.to_thread(reads.asked_s.get, timeout=10) == expected_s
        reads.opens.set_result(OPENED)
        return await asking

    assert asyncio.run(ask()) is OPENED
    assert reads.asked_s.empty()


def test_nothing_is_opened_ahead_for_who_sees_everything_and_a_failure_is_nobodys() -> None:
    """Strong reads look themselves; a store that is away fails those who need it, not those who have an answer."""
    reads = SlowReads()
    reads.opens.set_exception(DependencyUnavailable("away"))

    async def ask() -> None:
        ahead = Openings(cast("AnswerReads", reads))
        ahead.open_ahead(read_of(0.0))
        ahead.open_ahead(read_of(1.0))
        await asyncio.wait(asyncio.all_tasks() - {asyncio.current_task()})
        reads.ageing = False
        ahead.open_ahead(read_of(1.0))

    asyncio.run(ask())

    assert (reads.asked_s.get_nowait(), reads.asked_s.empty()) == (0.5, True)
