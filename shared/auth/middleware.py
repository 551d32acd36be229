"""The edge of access: every request but health has a caller, and the caller the scope that the request needs."""

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.auth.audit import act_of, audit
from shared.auth.authenticator import Authenticator
from shared.auth.caller import Caller
from shared.auth.errors import MissingScope, Unauthenticated
from shared.auth.scope import PUBLIC_PATHS, required_scope
from shared.auth.scope import Scope as KeyScope
from shared.errors import SwellError
from shared.request_context import context_of


class Authentication:
    """An ASGI layer around one app. Raises as `Authenticator.caller`, and `MissingScope`; writes the audit lines."""

    def __init__(self, app: ASGIApp, authenticator: Authenticator) -> None:
        self._app = app
        self._authenticator = authenticator

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on what may pass."""
        if scope["path"] in PUBLIC_PATHS:
            await self._app(scope, receive, send)
            return
        context = context_of(scope)
        if len(context.headers) < len(scope["headers"]) and _has_two_keys(scope):
            raise Unauthenticated(key_given=True)
        caller = context.known_caller or await self._authenticator.caller(scope, context.headers)
        context.known_caller = caller
        needed = required_scope(scope.get("method", "GET"), scope["path"])  # a WebSocket opens with a GET
        if needed is not KeyScope.READ:
            await self._audited(scope, receive, send, caller=caller, needed=needed)
        elif needed in caller.scopes:
            await self._app(scope, receive, send)
        else:
            raise MissingScope(needed)

    async def _audited(self, scope: Scope, receive: Receive, send: Send, *, caller: Caller, needed: KeyScope) -> None:
        status = 500  # unless an answer or a known error says otherwise

        async def observed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            if needed not in caller.scopes:
                raise MissingScope(needed)
            await self._app(scope, receive, observed)
        except SwellError as error:
            status = error.status
            raise
        except HTTPException as error:
            status = error.status_code
            raise
        finally:
            route = getattr(scope.get("route"), "path", None)
            act = act_of(scope.get("method", "GET"), scope["path"], route, scope.get("path_params"))
            audit(caller, act, status)


def _has_two_keys(scope: Scope) -> bool:
    """Whether a proxy before us may have looked at another key than we do."""
    return len([name for name, _ in scope["headers"] if name == b"authorization"]) > 1
