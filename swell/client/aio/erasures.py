"""Looking at erasures."""

from urllib.parse import quote

from swell.client.aio.transport import AsyncTransport
from swell.client.erasure import Erasure


class AsyncErasures:
    """What is being erased, and what was."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def get(self, erasure: str) -> Erasure:
        """How far an erasure is.

        Raises:
            NotFoundError: there is none of this id.
        """
        return Erasure.of(await self._transport.send("GET", f"/v1/erasures/{quote(erasure, safe='')}"))
