"""The serving mode as an instance believes it."""

import asyncio
from dataclasses import replace

import pytest

from shared.domain.serving_mode import SERVING_MODE_DOCUMENT, ServingMode
from shared.errors import DependencyUnavailable
from shared.ports.state import Delete, Document, Put
from shared.serving.current_mode import MODE_LIFETIMES, CurrentMode
from tests.fakes.monotonic import ManualSeconds
from tests.fakes.state import InMemoryState

PATIENT = replace(MODE_LIFETIMES, patience_s=30.0)
"""A machine that is busy reads the store late, too."""


class _State(InMemoryState):
    """Can be away."""

    away = False

    def get(self, path: str) -> Document | None:
        if self.away:
            raise DependencyUnavailable("away")
        return super().get(path)

    def decide(self, mode: object) -> None:
        self.commit([Put(SERVING_MODE_DOCUMENT, {"mode": mode})])


async def _after(current: CurrentMode, seconds: ManualSeconds, by_s: float) -> ServingMode:
    seconds.advance(by_s)
    return await current()


def test_a_decided_mode_holds_within_the_stated_time() -> None:
    """None decided is normal; a new decision is seen after `believed_s` at the latest."""
    state, seconds = _State(), ManualSeconds()

    async def course() -> list[ServingMode]:
        current = CurrentMode(state, lifetimes=PATIENT, monotonic_s=seconds)
        seen = [await current()]
        state.decide(3)
        seen.append(await current())
        seen.append(await _after(current, seconds, MODE_LIFETIMES.believed_s + 0.1))
        return seen

    assert [ServingMode.NORMAL, ServingMode.NORMAL, ServingMode.CRITICAL] == asyncio.run(course())


@pytest.mark.parametrize("garbled", [9, "major", None, -1], ids=str)
def test_a_garbled_document_leaves_the_last_known_mode(garbled: object) -> None:
    """And not for ever: then there is none."""
    state, seconds = _State(), ManualSeconds()
    state.decide(2)

    async def course() -> list[ServingMode]:
        current = CurrentMode(state, lifetimes=PATIENT, monotonic_s=seconds)
        seen = [await current()]
        state.decide(garbled)
        seen.append(await _after(current, seconds, 6))
        seen.append(await _after(current, seconds, MODE_LIFETIMES.outage_s))
        return seen

    assert [ServingMode.MAJOR, ServingMode.MAJOR, ServingMode.NORMAL] == asyncio.run(course())


def test_a_missing_document_leaves_the_last_known_mode() -> None:
    """A document that was there and is gone is no decision."""
    state, seconds = _State(), ManualSeconds()
    state.decide(1)

    async def course() -> list[ServingMode]:
        current = CurrentMode(state, lifetimes=PATIENT, monotonic_s=seconds)
        seen = [await current()]
        state.commit([Delete(SERVING_MODE_DOCUMENT)])
        seen.append(await _after(current, seconds, 6))
        return seen

    assert [ServingMode.MINOR, ServingMode.MINOR] == asyncio.run(course())


def test_an_outage_of_the_store_is_bridged_and_bounded() -> None:
    """The last mode for ten minutes, then all is served; never an error."""
    state, seconds = _State(), ManualSeconds()
    state.decide(4)

    async def course() -> list[ServingMode]:
        current = CurrentMode(state, lifetimes=PATIENT, monotonic_s=seconds)
        seen = [await current()]
        state.away = True
        seen.append(await _after(current, seconds, 60))
        seen.append(await _after(current, seconds, MODE_LIFETIMES.outage_s + 1))
        return seen

    assert [ServingMode.EMERGENCY, ServingMode.EMERGENCY, ServingMode.NORMAL] == asyncio.run(course())


def test_a_store_that_is_away_from_the_start_means_normal() -> None:
    """An instance that starts in an outage serves."""
    state = _State()
    state.away = True

    async def course() -> ServingMode:
        return await CurrentMode(state)()

    assert ServingMode.NORMAL == asyncio.run(course())
