"""Reads that wait: for a version on its way, and never past the moment after which nobody waits for them."""

import asyncio
import time
from collections.abc import Callable
from threading import Event

import pytest

from functions.query.reading import until_visible
from shared.errors import DependencyUnavailable, VersionNotVisible
from shared.request_context import RequestContext
from shared.serving.errors import DeadlineExceeded


def _read(attempt: Callable[[], str], timeout_ms: int) -> str:
    context = RequestContext({})
    return asyncio.run(until_visible(attempt, context, context.deadline(timeout_ms)))


def test_nobody_waits_for_a_store_past_the_deadline() -> None:
    """A store that hangs is given up on, not cut off: its thread ends when it does."""
    answers, ended = Event(), Event()

    def hang() -> str:
        answers.wait(30)
        ended.set()
        return "too late"

    async def course() -> float:
        context, began_s = RequestContext({}), time.monotonic()
        with pytest.raises(DeadlineExceeded, match="within its 50 ms"):
            await until_visible(hang, context, context.deadline(50))
        waited_s = time.monotonic() - began_s
        answers.set()
        return waited_s

    assert 10 > asyncio.run(course())
    assert ended.wait(30)


def test_a_version_on_its_way_is_waited_for() -> None:
    """The write that made it may be committing just now."""
    attempts = iter([False, False, True])

    def look() -> str:
        if not next(attempts):
            raise VersionNotVisible("at 0:1, asked for 0:2")
        return "seen"

    assert "seen" == _read(look, 60_000)


@pytest.mark.parametrize("error", [VersionNotVisible("behind"), DependencyUnavailable("away")], ids=lambda e: e.code)
def test_what_the_store_says_in_time_is_what_is_told(error: Exception) -> None:
    """Not that time is up, where it is up for want of a version."""

    def fail() -> str:
        raise error

    with pytest.raises(type(error)):
        _read(fail, 1_000)
