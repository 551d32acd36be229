"""Frames on their way to one client: bounded, so that a client that does not read costs a bounded amount."""

import asyncio
from collections import deque
from enum import IntEnum

from functions.stream.errors import SlowConsumer
from functions.stream.frames import Frame, error_frame


class Ending(IntEnum):
    """Why a connection ends, as WebSocket close codes (RFC 6455, section 7.4, and its registry)."""

    NORMAL = 1000
    GOING_AWAY = 1001
    REFUSED = 1008
    TRY_AGAIN_LATER = 1013


class Outbox:
    """A queue of one event loop. `spare` frames fit beside two of each subscription."""

    def __init__(self, spare: int) -> None:
        self._spare = spare
        self._frames: deque[Frame] = deque()
        self._filled = asyncio.Event()
        self.subscriptions = 0
        self.ending: Ending | None = None
        self.ended = asyncio.Event()

    def put(self, frame: Frame) -> None:
        """Add a frame; a client for which there is no more room is told in place of all that, and dropped."""
        if self.ending is not None:
            return
        if len(self._frames) >= self._spare + 2 * self.subscriptions:
            self._frames.clear()
            slow = SlowConsumer(f"{self._spare + 2 * self.subscriptions} frames wait; resume with the last token seen")
            self.end(Ending.TRY_AGAIN_LATER, error_frame(slow))
            return
        self._frames.append(frame)
        self._filled.set()

    def end(self, ending: Ending, last: Frame | None = None) -> None:
        """Nothing comes after this but what waits already, and `last`."""
        if self.ending is None:
            if last is not None:
                self._frames.append(last)
            self.ending = ending
            self._filled.set()
            self.ended.set()

    async def get(self) -> Frame | None:
        """The next frame, None when there will be no more."""
        while not self._frames:
            if self.ending is not None:
                return None
            self._filled.clear()
            await self._filled.wait()
        return self._frames.popleft()
