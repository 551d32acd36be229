"""Values believed for a while: how old they may be, who waits, and what an outage changes."""

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any

import pytest

from shared.errors import DependencyUnavailable
from shared.resilience.believed import UNKNOWN, Believed, Lifetimes
from tests.fakes.monotonic import ManualSeconds

LIFETIMES = Lifetimes(refresh_after_s=2, believed_s=5, outage_s=60, patience_s=0.05)


class Store:
    """Counts reads; can be away, or hold a read back until released."""

    def __init__(self) -> None:
        self.value, self.reads, self.away = "first", 0, False
        self.released = threading.Event()
        self.released.set()

    def read(self, _: str) -> str:
        """Read the value."""
        self.reads += 1
        self.released.wait(5)
        if self.away:
            raise DependencyUnavailable("away")
        return self.value


@pytest.fixture
def store() -> Store:
    """A store that answers."""
    return Store()


@pytest.fixture
def clock() -> ManualSeconds:
    """Time at rest."""
    return ManualSeconds()


@pytest.fixture
def believed(store: Store, clock: ManualSeconds) -> Believed[str, str]:
    """Beliefs about the store, none yet."""
    return Believed(store.read, LIFETIMES, capacity=3, monotonic_s=clock)


def _run(story: Coroutine[Any, Any, None]) -> None:
    asyncio.run(story)


def test_a_value_is_read_once_and_believed(believed: Believed[str, str], store: Store, clock: ManualSeconds) -> None:
    """Until its time to be read again, the store is not asked."""

    async def story() -> None:
        assert UNKNOWN is believed.peek("k")
        assert "first" == await believed.get("k")
        clock.advance(1.9)
        assert "first" == believed.peek("k")

    _run(story())
    assert 1 == store.reads


def test_a_value_in_use_is_read_ahead(believed: Believed[str, str], store: Store, clock: ManualSeconds) -> None:
    """Before it is too old it is given at once and read behind the back of the request; the next one sees the new."""

    async def story() -> None:
        await believed.get("k")
        store.value = "second"
        clock.advance(3)
        assert "first" == believed.peek("k")
        await asyncio.sleep(0.05)
        assert "second" == believed.peek("k")

    _run(story())
    assert 2 == store.reads


def test_a_value_too_old_is_read_first(believed: Believed[str, str], store: Store, clock: ManualSeconds) -> None:
    """Past its time it is not given while the store answers."""

    async def story() -> None:
        await believed.get("k")
        store.value = "second"
        clock.advance(5.1)
        assert UNKNOWN is believed.peek("k")
        assert "second" == await believed.get("k")

    _run(story())


def test_requests_at_once_cause_one_read(believed: Believed[str, str], store: Store) -> None:
    """Fifty callers of one key wait for the same read."""

    async def story() -> None:
        assert ["first"] * 50 == await asyncio.gather(*(believed.get("k") for _ in range(50)))

    _run(story())
    assert 1 == store.reads


def test_a_caller_that_gives_up_takes_nobody_with_it(believed: Believed[str, str], store: Store) -> None:
    """A cancelled wait leaves the read to those who still wait."""
    store.released.clear()

    async def story() -> None:
        quitter, patient = asyncio.create_task(believed.get("k")), asyncio.create_task(believed.get("k"))
        await asyncio.sleep(0.01)
        quitter.cancel()
        store.released.set()
        assert "first" == await patient

    _run(story())


def test_while_the_store_is_away_the_last_value_is_believed(
    believed: Believed[str, str], store: Store, clock: ManualSeconds
) -> None:
    """Up to the stated age, and not beyond it."""

    async def story() -> None:
        await believed.get("k")
        store.away = True
        clock.advance(59)
        assert "first" == await believed.get("k")
        clock.advance(2)
        with pytest.raises(DependencyUnavailable):
            await believed.get("k")

    _run(story())


def test_what_was_never_seen_is_not_made_up(believed: Believed[str, str], store: Store) -> None:
    """With the store away from the start, the caller hears so."""
    store.away = True

    async def story() -> None:
        with pytest.raises(DependencyUnavailable):
            await believed.get("k")

    _run(story())


def test_a_store_that_hangs_delays_one_request_a_second(
    believed: Believed[str, str], store: Store, clock: ManualSeconds
) -> None:
    """One waits its patience; the others get the last value at once, and the read goes on behind them."""

    async def story() -> None:
        await believed.get("k")
        clock.advance(6)
        store.released.clear()
        assert "first" == await believed.get("k")
        started = asyncio.get_running_loop().time()
        for _ in range(20):
            assert "first" == await believed.get("k")
        assert asyncio.get_running_loop().time() - started < LIFETIMES.patience_s
        store.released.set()

    _run(story())
    assert 2 == store.reads


def test_a_failed_read_ahead_is_tried_again(believed: Believed[str, str], store: Store, clock: ManualSeconds) -> None:
    """One failure behind the back of a request neither surfaces nor ends the belief."""

    async def story() -> None:
        await believed.get("k")
        store.away = True
        clock.advance(3)
        assert "first" == believed.peek("k")
        await asyncio.sleep(0.02)
        store.away, store.value = False, "second"
        assert "first" == believed.peek("k")
        await asyncio.sleep(0.02)
        assert "second" == believed.peek("k")

    _run(story())


def test_a_belief_outlives_its_event_loop(believed: Believed[str, str], store: Store, clock: ManualSeconds) -> None:
    """A read that a closed loop left behind does not block the next one."""
    store.released.clear()

    async def abandon() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(believed.get("k"), 0.01)
        store.released.set()

    async def ask() -> None:
        assert "first" == await believed.get("k")

    _run(abandon())
    _run(ask())


def test_memory_is_bounded(believed: Believed[str, str]) -> None:
    """Of more keys than there is room for, those read longest ago are forgotten."""

    async def story() -> None:
        for key in "abcd":
            await believed.get(key)
        assert [False, True, True, True] == [believed.holds(key) for key in "abcd"]

    _run(story())
