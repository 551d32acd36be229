"""An app that is made when it is needed."""

import anyio
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from swell.local.later import Later


def test_an_app_is_made_once_and_not_before_its_first_request() -> None:
    """Two requests reach the one app that the first of them made."""
    made: list[ASGIApp] = []
    answered: list[Scope] = []

    async def app(scope: Scope, _: Receive, __: Send) -> None:
        answered.append(scope)

    def make() -> ASGIApp:
        made.append(app)
        return app

    async def nothing() -> Message:
        return {}

    async def ignore(_: Message) -> None:
        return

    later = Later(make)
    made_before = len(made)

    for path in ("/first", "/second"):
        anyio.run(later, {"type": "http", "path": path}, nothing, ignore)

    assert made_before == 0
    assert made == [app]
    assert [scope["path"] for scope in answered] == ["/first", "/second"]
