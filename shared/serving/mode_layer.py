"""The layer that puts every request under the serving mode, and tells it in every answer."""

from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from shared.auth.scope import PUBLIC_PATHS
from shared.domain.serving_mode import ServingMode, terms
from shared.request_context import context_of
from shared.serving.current_mode import CurrentMode
from shared.serving.errors import BackgroundDeferred
from shared.serving.request_kind import RequestKind, request_kind

_HEADERS: Final = {mode: (b"swell-serving-mode", mode.label.encode()) for mode in ServingMode}


def mode_header(mode: ServingMode) -> tuple[bytes, bytes]:
    """What every answer under a mode carries."""
    return _HEADERS[mode]


class UnderServingMode:
    """An ASGI layer behind authentication. Handlers read `context_of(scope).mode`; health is free of it.

    Raises `BackgroundDeferred` for what the mode puts off.
    """

    def __init__(self, app: ASGIApp, current_mode: CurrentMode) -> None:
        self._app = app
        self._current_mode = current_mode

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on what the mode lets in."""
        if scope["path"] in PUBLIC_PATHS:
            await self._app(scope, receive, send)
            return
        context = context_of(scope)
        mode = context.mode = await self._current_mode()
        context.answer_headers.append(mode_header(mode))
        if mode is not ServingMode.NORMAL and not terms(mode, context.caller.tier).background:
            kind = request_kind(scope["type"], scope.get("method", "GET"), scope["path"])
            if kind is RequestKind.BACKGROUND:
                raise BackgroundDeferred(mode)
        await self._app(scope, receive, send)
