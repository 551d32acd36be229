"""The order of an end: no new work, what runs is answered, then everything is flushed."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from shared import shutdown as shutdown_module
from shared.shutdown import Shutdown, ShuttingDown


def _run(story: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(story, 60))


def test_what_is_under_way_is_finished_before_anything_is_flushed() -> None:
    """And nothing new begins; streams hear of it first."""
    ended: list[str] = []
    end = Shutdown()
    end.at_start("streams", lambda: ended.append("streams told"))
    end.at_end("spans", lambda within_s: ended.append(f"flushed within {within_s:g} s"))

    async def story() -> None:
        may_answer = asyncio.Event()

        async def request() -> None:
            with end.request():
                await may_answer.wait()
                ended.append("answered")

        under_way = asyncio.create_task(request())
        await asyncio.sleep(0)
        ending = asyncio.create_task(end.run())
        await asyncio.sleep(0)
        with pytest.raises(ShuttingDown), end.request():
            ended.append("never")
        may_answer.set()
        await asyncio.gather(under_way, ending)

    _run(story())

    assert ["streams told", "answered", "flushed within 2 s"] == ended


def test_what_takes_too_long_is_answered_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """With `ShuttingDown`, which the edge makes a 503; its caller's own cancellation stays one."""
    monkeypatch.setattr(shutdown_module, "REQUESTS_WITHIN_S", 0.05)
    end, answers = Shutdown(), []

    async def story() -> None:
        async def request() -> None:
            try:
                with end.request():
                    await asyncio.Event().wait()
            except ShuttingDown as error:
                await asyncio.sleep(0)  # the task goes on
                answers.append(error.headers)

        async def called_off() -> None:
            with end.request():
                await asyncio.Event().wait()

        slow, gone = asyncio.create_task(request()), asyncio.create_task(called_off())
        await asyncio.sleep(0)
        gone.cancel()
        await end.run()
        await slow
        assert gone.cancelled()

    _run(story())

    assert [{"Retry-After": "1", "Connection": "close"}] == answers


def _breaks(*_: float) -> None:
    raise ValueError


def test_a_hook_that_fails_holds_nothing_up() -> None:
    """The end comes whatever happens, once."""
    flushed: list[str] = []
    end = Shutdown()
    end.at_start("broken", _breaks)
    end.at_end("broken", _breaks)
    end.at_end("whole", lambda _: flushed.append("whole"))

    async def story() -> None:
        await end.run()
        await end.run()

    _run(story())

    assert ["whole"] == flushed
