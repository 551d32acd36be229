"""Following a standing query: its answer, and its answer again whenever a commit changes it."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, Final

from swell.client.aio.transport import AsyncTransport
from swell.client.errors import ApiError, UnavailableError, UnreachableError
from swell.client.problem_details import error_from
from swell.client.results import Match, WatchedAnswer

_FIRST_PAUSE_S: Final = 0.5
_LONGEST_PAUSE_S: Final = 15.0


async def watch(
    transport: AsyncTransport, body: Mapping[str, Any], *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> AsyncIterator[WatchedAnswer]:
    """Answers for as long as they are asked for, across broken connections: none is lost, none comes twice.

    Raises:
        UnreachableError: nobody answered, the first time.
        ApiError: the server refuses the query; what it refuses for now is tried again.
    """
    token = body.get("after")
    pause_s, is_known = _FIRST_PAUSE_S, False
    while True:
        asked = {**body, **({} if token is None else {"after": token})}
        try:
            async for name, data in transport.events("/v1/stream", asked):
                is_known, pause_s = True, _FIRST_PAUSE_S
                if name == "error":
                    raise error_from(data["problem"])
                token = data.get("token", token)
                if name in {"answer", "update"}:
                    matches = [Match.of(match) for match in data["matches"]]
                    yield WatchedAnswer(matches, data["version"], data["token"])
        except (UnreachableError, UnavailableError) as error:
            if not is_known and not isinstance(error, ApiError):
                raise
        await sleep(pause_s * random.uniform(1, 2))  # noqa: S311 - spreads clients, hides nothing
        pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
