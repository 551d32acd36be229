"""Every answer says which region gave it."""

from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

SERVED_BY: Final = "x-swell-region"


class NamesRegion:
    """Adds the header to what an app answers."""

    def __init__(self, app: ASGIApp, region: str) -> None:
        self._app = app
        self._header = (SERVED_BY.encode(), region.encode())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""

        async def named(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), self._header]
            await send(message)

        await self._app(scope, receive, named)
