"""Two requests for one answer, on an event loop. Its twin for threads: `swell.client.racing`."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


class AsyncRacing:
    """Asks a second time where the first answer is late; the first good one counts, the other request is cancelled."""

    async def race(
        self,
        first: Callable[[], Awaitable[T]],
        second: Callable[[], Awaitable[T]],
        delay_s: float,
        may_ask_again: Callable[[], bool],
    ) -> tuple[T, bool]:
        """The answer, and whether it is the second request's. Raises what the first one raised, if both fail."""

        async def run(ask: Callable[[], Awaitable[T]]) -> T:
            return await ask()

        asked = [asyncio.create_task(run(first))]
        try:
            await asyncio.wait(asked, timeout=delay_s)
            if not asked[0].done() and may_ask_again():
                asked.append(asyncio.create_task(run(second)))
            waiting = set(asked)
            while waiting:
                done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                good = [task for task in done if task.exception() is None]
                if good:
                    return good[0].result(), good[0] is not asked[0]
            return asked[0].result(), False
        finally:
            for task in asked:
                task.cancel()
            await asyncio.gather(*asked, return_exceptions=True)

    async def aclose(self) -> None:
        """Nothing is kept between races."""
