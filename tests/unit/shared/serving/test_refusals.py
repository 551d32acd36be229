"""The log of refusals: a line a second, and none that is lost."""

import asyncio
from io import StringIO

import orjson

from shared.domain.tier import Tier
from shared.serving.admission import Refusals
from shared.telemetry import log_to
from tests.fakes.monotonic import ManualSeconds


class _Sink(StringIO):
    """A log that says when it has so many lines."""

    def __init__(self, lines: int) -> None:
        super().__init__()
        self.is_there = asyncio.Event()
        self._missing = lines

    def write(self, line: str) -> int:
        self._missing -= 1
        if not self._missing:
            self.is_there.set()
        return super().write(line)


def _counts(sink: StringIO) -> list[int]:
    return [orjson.loads(line)["count"] for line in sink.getvalue().splitlines()]


async def _two_bursts(refusals: Refusals, seconds: ManualSeconds) -> None:
    for _ in range(3):
        refusals.count("overloaded", Tier.FREE)
    seconds.advance(1.5)
    refusals.count("overloaded", Tier.FREE)
    for _ in range(5):
        refusals.count("overloaded", Tier.FREE)


def test_what_the_last_second_leaves_is_logged_without_another_refusal() -> None:
    """An overload that stops is told of whole, by how many were refused in it."""
    seconds, sink = ManualSeconds(), _Sink(lines=2)
    refusals = Refusals(seconds, report_every_s=0.02)

    async def course() -> None:
        await _two_bursts(refusals, seconds)
        async with asyncio.timeout(30):
            await sink.is_there.wait()

    log_to(sink)
    try:
        asyncio.run(course())
    finally:
        log_to(None)

    assert [4, 5] == _counts(sink)


def test_the_end_of_a_process_tells_the_rest_once() -> None:
    """Whatever its event loop had planned."""
    seconds, sink = ManualSeconds(), StringIO()
    refusals = Refusals(seconds)

    log_to(sink)
    try:
        asyncio.run(_two_bursts(refusals, seconds))
        refusals.tell()
        refusals.tell()
    finally:
        log_to(None)

    assert [4, 5] == _counts(sink)
