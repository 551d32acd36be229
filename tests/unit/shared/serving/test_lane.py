"""The line before the work: priorities, patience, bounds."""

import asyncio
import selectors
from collections.abc import Coroutine
from random import Random
from typing import Any

import pytest

from shared.serving.errors import Overloaded
from shared.serving.lane import FixedLimit, Lane, Slot
from shared.serving.priority import Priority
from tests.fakes.monotonic import ManualSeconds


async def _started(coroutine: Coroutine[Any, Any, Slot]) -> "asyncio.Task[Slot]":
    task = asyncio.create_task(coroutine)
    await asyncio.sleep(0)
    return task


def _full_lane(capacity: int = 128, latency_s: float = 0.0) -> tuple[Lane, Slot]:
    lane = Lane(FixedLimit(1, latency_s), capacity=capacity)
    slot = lane.enter_now()
    assert slot is not None
    return lane, slot


def test_the_more_important_goes_first() -> None:
    """Whoever came first, and among equals whoever came first."""

    async def course() -> list[str]:
        lane, slot = _full_lane()
        order: list[str] = []

        async def serve(name: str, priority: Priority) -> None:
            mine = await lane.enter(priority)
            order.append(name)
            mine.leave()

        names = {"low": Priority.LOW, "n1": Priority.NORMAL, "n2": Priority.NORMAL, "critical": Priority.CRITICAL}
        own = lane.enter_now(Priority.HIGH)
        assert own is not None
        tasks = [asyncio.create_task(serve(*item)) for item in names.items()]
        await asyncio.sleep(0)
        own.leave()
        slot.leave()
        await asyncio.gather(*tasks)
        return order

    assert ["critical", "n1", "n2", "low"] == asyncio.run(course())


def test_the_important_have_places_of_their_own() -> None:
    """As many again as the limit: a lane full of others does not make them wait, a lane full of them does."""

    async def course() -> list[bool]:
        lane, _ = _full_lane()
        return [lane.enter_now(priority) is not None for priority in (Priority.NORMAL, Priority.HIGH, Priority.HIGH)]

    assert [False, True, False] == asyncio.run(course())


def test_a_line_is_bounded_and_the_least_important_gives_way() -> None:
    """A full line refuses its lowest for a higher one, and an equal one itself."""

    async def course() -> tuple[list[bool], int]:
        lane, slot = _full_lane(capacity=2)
        low = await _started(lane.enter(Priority.LOW))
        normal = await _started(lane.enter(Priority.NORMAL))
        high = await _started(lane.enter(Priority.HIGH))
        late = await _started(lane.enter(Priority.LOW))
        await asyncio.sleep(0)
        refused = [isinstance(task.exception(), Overloaded) if task.done() else False for task in (low, normal, high)]
        refused.append(isinstance(late.exception(), Overloaded))
        waiting = lane.waiting
        slot.leave()
        (await high).leave()
        (await normal).leave()
        return refused, waiting

    assert ([True, False, False, True], 2) == asyncio.run(course())


def test_a_wait_that_would_be_too_long_is_refused_at_once() -> None:
    """By Little's law: one ahead of a second are more than anybody's patience."""

    async def course() -> None:
        lane, _ = _full_lane(latency_s=2.0)
        lane.enter_now(Priority.HIGH)
        first = await _started(lane.enter(Priority.HIGH))
        with pytest.raises(Overloaded):
            await lane.enter(Priority.HIGH)
        first.cancel()

    asyncio.run(course())


def test_a_waiter_is_refused_when_its_patience_ends() -> None:
    """And leaves nothing behind in the line."""

    async def course() -> int:
        lane, _ = _full_lane()
        with pytest.raises(Overloaded):
            await lane.enter(Priority.LOW)
        return lane.waiting

    assert 0 == asyncio.run(course())


def test_a_line_that_has_stood_refuses_at_once_until_it_is_calm() -> None:
    """Nobody ordinary waits in it; a tenth of a second without a refusal later a burst may wait again."""
    now = ManualSeconds()

    async def course() -> list[bool]:
        lane = Lane(FixedLimit(1), monotonic_s=now)
        slot = lane.enter_now()
        assert slot is not None
        first = await _started(lane.enter(Priority.NORMAL))
        now.advance(0.2)
        waits = [await _waits(lane)]
        slot.leave()
        (await first).leave()
        assert lane.enter_now() is not None
        waits.append(await _waits(lane))
        now.advance(0.09)
        waits.append(await _waits(lane))
        now.advance(0.11)
        return [*waits, await _waits(lane)]

    assert [False, False, False, True] == asyncio.run(course())


async def _waits(lane: Lane) -> bool:
    task = await _started(lane.enter(Priority.NORMAL))
    await asyncio.sleep(0)
    if not task.done():
        task.cancel()
        return True
    assert isinstance(task.exception(), Overloaded)
    return False


def test_a_caller_that_goes_away_leaves_its_place() -> None:
    """Cancelled while waiting, or in the very moment it was given a slot: the slot is not lost."""

    async def course() -> tuple[int, int]:
        lane, slot = _full_lane()
        gone = await _started(lane.enter(Priority.NORMAL))
        given = await _started(lane.enter(Priority.NORMAL))
        gone.cancel()
        await asyncio.sleep(0)
        slot.leave()  # to `given`, which is cancelled before it notices
        given.cancel()
        await asyncio.gather(gone, given, return_exceptions=True)
        return lane.waiting, lane.in_flight

    assert (0, 0) == asyncio.run(course())


def test_who_only_waits_takes_no_place() -> None:
    """Stepping aside lets the next one in; leaving afterwards changes nothing."""

    async def course() -> int:
        lane, slot = _full_lane()
        slot.step_aside()
        other = lane.enter_now()
        slot.leave()
        assert other is not None
        return lane.in_flight

    assert 1 == asyncio.run(course())


class SkippedWaits(selectors.DefaultSelector):
    """Waits for nothing, and says how long it would have."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Without waiting."""
        self.seconds += timeout or 0.0
        return super().select(0)


class QuickLoop(asyncio.SelectorEventLoop):
    """An event loop on which time passes when nothing else is to be done."""

    def __init__(self) -> None:
        self._waits = SkippedWaits()
        super().__init__(self._waits)

    def time(self) -> float:
        """By what would have been waited."""
        return self._waits.seconds


@pytest.mark.parametrize(("per_s", "refused_later"), [(100, 0.02), (400, 0.7)])
def test_refusals_end_with_what_made_them(per_s: int, refused_later: float) -> None:
    """At half of the load a moment in which everything stood still is over soon; twice the load is refused to its half.

    Four places, 20 ms of work each; all of them are held for 0.3 s in the second second.
    """
    random, refused, came = Random(1), [0, 0], [0, 0]

    async def ask(lane: Lane, later: int) -> None:
        came[later] += 1
        try:
            slot = lane.enter_now() or await lane.enter(Priority.NORMAL)
        except Overloaded:
            refused[later] += 1
            return
        await asyncio.sleep(random.expovariate(50))
        slot.leave()

    async def course() -> None:
        loop = asyncio.get_running_loop()
        lane = Lane(FixedLimit(4, 0.02), monotonic_s=loop.time)
        asked: list[asyncio.Task[None]] = []
        held: list[Slot] = []
        while loop.time() < 6:
            await asyncio.sleep(random.expovariate(per_s))
            asked.append(asyncio.create_task(ask(lane, int(loop.time() > 2.3))))
            if 1 < loop.time() < 1.3 and (slot := lane.enter_now()) is not None:
                held.append(slot)
            elif loop.time() >= 1.3:
                while held:
                    held.pop().leave()
        await asyncio.gather(*asked)

    with asyncio.Runner(loop_factory=QuickLoop) as runner:
        runner.run(course())

    assert refused[0] > 0
    assert refused[1] / came[1] == pytest.approx(refused_later, abs=0.2 if per_s > 200 else 0.02)
