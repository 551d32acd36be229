"""Slow reads are asked twice, seldom, and the first good answer counts."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from swell.client import NO_RETRIES, AsyncSwell, HedgeCounts, Hedging, NotFoundError, RequestReport, Swell
from swell.client.aio.racing import AsyncRacing
from tests.unit.swell.client.recorded_server import ok, problem

FOUND = {"matches": [], "version": "0:1", "method": "exact", "recall_target": 1, "took_ms": 1}
REGIONS = ["http://near.test", "http://far.test"]


def _learned(reads: int = 1000) -> Hedging:
    """One that has seen quick reads, and earned what it may keep of its budget."""
    hedging = Hedging()
    for _ in range(reads):
        hedging.begin()
        hedging.took(0.001)
    return hedging


class Regions:
    """The near one answers when it is let, the far one at once."""

    def __init__(self, far: httpx.Response | Exception) -> None:
        self.far = far
        self.asked: list[str] = []
        self.given_up = 0
        self.near_answers = asyncio.Event()
        self.far_was_asked = asyncio.Event()

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        self.asked.append(request.url.host)
        if request.url.host == "far.test":
            self.far_was_asked.set()
            if isinstance(self.far, Exception):
                raise self.far
            return self.far
        try:
            await self.near_answers.wait()
        except asyncio.CancelledError:
            self.given_up += 1
            raise
        return ok(FOUND)


def _run(regions: Regions, hedging: Hedging, story: Callable[[AsyncSwell], Awaitable[Any]], **options: Any) -> Any:
    async def bounded() -> Any:
        async with (
            asyncio.timeout(30),
            AsyncSwell(
                REGIONS,
                hedging=hedging,
                retries=NO_RETRIES,
                http_transport=httpx.MockTransport(regions),
                **options,
            ) as swell,
        ):
            return await story(swell)

    return asyncio.run(bounded())


def test_a_slow_read_is_asked_in_the_next_region_and_the_loser_is_cancelled() -> None:
    """The answer is that of the far region; the near one's request ends with the read; both are counted."""
    regions, hedging, reports = Regions(ok({**FOUND, "version": "0:2"})), _learned(), list[RequestReport]()

    found = _run(regions, hedging, lambda swell: swell.collection("c").query([1]), on_request=reports.append)

    assert ("0:2", ["near.test", "far.test"], 1) == (found.version, regions.asked, regions.given_up)
    assert HedgeCounts(1001, 1, 1) == hedging.counts
    assert [2] == [report.attempts for report in reports]


@pytest.mark.parametrize("far", [problem(503, "overloaded"), httpx.ReadError("reset")], ids=["busy", "broken"])
def test_a_second_request_that_fails_costs_nothing(far: httpx.Response | Exception) -> None:
    """The first one is waited for."""
    regions, hedging = Regions(far), _learned()

    async def story(swell: AsyncSwell) -> str:
        asking = asyncio.create_task(swell.collection("c").query([1]))
        await regions.far_was_asked.wait()
        regions.near_answers.set()
        return (await asking).version

    assert "0:1" == _run(regions, hedging, story)
    assert HedgeCounts(1001, 1, 0) == hedging.counts


def test_writes_are_asked_once() -> None:
    """However long they take."""
    regions, hedging = Regions(ok(FOUND)), _learned()

    async def story(swell: AsyncSwell) -> list[str]:
        writing = asyncio.create_task(swell.collection("c").delete(["a"]))
        await asyncio.sleep(0.05)
        seen = list(regions.asked)
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
        return seen

    assert ["near.test"] == _run(regions, hedging, story)


def test_no_more_than_the_budget_is_asked_twice() -> None:
    """Of a thousand slow reads fifty, and what was saved before is bounded."""
    hedging = _learned(0)

    asked_twice = 0
    for _ in range(1000):
        hedging.begin()
        asked_twice += hedging.spend()
    saved = _learned(100_000)

    assert 49 <= asked_twice <= 50
    assert 10 == sum(saved.spend() for _ in range(100))


def test_nothing_is_asked_twice_before_enough_is_known() -> None:
    """Twenty reads tell what is slow; then the delay is that of all but one in twenty of them."""
    hedging = Hedging()
    delays = []
    for number in range(101):
        delays.append(hedging.begin())
        hedging.took(number / 1000)

    assert [None] * 20 == delays[:20]
    assert 0.095 == delays[100]


@pytest.mark.parametrize("options", [{"budget": 0.06}, {"budget": 0}, {"quantile": 1}, {"quantile": 0.1}])
def test_a_budget_beyond_five_percent_is_refused(options: dict[str, Any]) -> None:
    """Every second request is load that nobody asked for."""
    with pytest.raises(ValueError, match="allowed"):
        Hedging(**options)


def test_the_only_region_is_asked_again_by_threads_too() -> None:
    """The synchronous client does the same; what fails at once is not asked twice."""
    slow = threading.Event()
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        if "nowhere" in request.url.path:
            return problem(404, "not_found")
        if len(asked) == 1:
            slow.wait(30)
        return ok(FOUND)

    hedging = _learned()
    with Swell("http://one.test", hedging=hedging, http_transport=httpx.MockTransport(answer)) as swell:
        swell.collection("c").query([1])
        slow.set()
        with pytest.raises(NotFoundError):
            swell.collection("nowhere").query([1])

    assert ["/v1/collections/c/query"] * 2 == asked[:2]
    assert 1 == hedging.counts.won


def test_if_both_fail_the_first_failure_is_told() -> None:
    """That of the region which was chosen."""

    async def fails(text: str, after: asyncio.Event | None) -> str:
        if after is not None:
            await after.wait()
        raise ValueError(text)

    async def story() -> None:
        second_failed = asyncio.Event()

        async def second() -> str:
            second_failed.set()
            return await fails("second", None)

        await AsyncRacing().race(lambda: fails("first", second_failed), second, 0.0, lambda: True)

    with pytest.raises(ValueError, match="first"):
        asyncio.run(story())
