"""Stream on a real server, beside a pipeline whose commits the test decides."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest
import uvicorn

from functions.stream.settings import StreamSettings
from functions.stream.wiring import Stream, build
from shared.auth.key_record import Grant
from shared.auth.key_store import KeyStore
from shared.auth.scope import Scope
from shared.domain.tenancy import DEFAULT_TENANT
from shared.edge import edge
from swell.local.server import listen
from swell.local.websocket_client import WebSocketClient
from tests.builders.pipeline import Pipeline
from tests.integration.pipeline.conftest import make_pipeline

WITHIN_S = 30
_OPEN: "list[Talk]" = []


@dataclass
class World:
    """Collection `c`, and a key that may read it."""

    pipeline: Pipeline
    directory: Path

    def key(self, *scopes: Scope, **options: Any) -> str:
        """The text of a new key; without scopes, one that may read."""
        keys = KeyStore(self.pipeline.adapters.state, self.pipeline.adapters.clock)
        grant = Grant("test", frozenset(scopes or (Scope.READ,)), DEFAULT_TENANT, **options)
        return keys.create(grant, by="test")[1]

    def commit(self, **records: tuple[float, float]) -> None:
        """Store records, all at once."""
        self.pipeline.upsert(dict(records))
        self.pipeline.deliver_all()

    def remove(self, *ids: str) -> None:
        """Delete records."""
        self.pipeline.delete(*ids)
        self.pipeline.deliver_all()

    @asynccontextmanager
    async def stream(self, **options: Any) -> AsyncIterator[tuple[str, Stream]]:
        """Stream on a port of its own; the URL, and the function."""
        settings = StreamSettings(
            runtime="embedded",
            data_dir=self.directory,
            cache_dir=self.directory / "stream-cache",
            **{"poll_ms": 20, "access": "keys", **options},
        )
        stream = build(self.pipeline.adapters, settings, edge(self.pipeline.adapters, settings))
        listener = listen(0)
        config = uvicorn.Config(stream, log_level="warning", lifespan="off", ws="wsproto", timeout_graceful_shutdown=2)
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server._serve([listener]))
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}", stream
        finally:
            await stream.sessions.close()
            server.should_exit = True
            await serving
            listener.close()


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A world of its own for one test."""
    return World(make_pipeline(tmp_path), tmp_path)


class Talk:
    """A WebSocket on which frames are awaited; heartbeats are skipped unless asked for."""

    def __init__(self, socket: WebSocketClient) -> None:
        self.socket = socket

    async def say(self, **message: Any) -> None:
        """Send one message."""
        await self.socket.send(orjson.dumps(message).decode())

    async def hear(self, kind: str | None = None) -> dict[str, Any]:
        """The next frame, of this type if given."""
        async with asyncio.timeout(WITHIN_S):
            while True:
                text = await self.socket.receive()
                assert text is not None, f"closed with {self.socket.close_code}"
                frame: dict[str, Any] = orjson.loads(text)
                if frame["type"] == kind or (kind is None and frame["type"] != "heartbeat"):
                    return frame

    async def ending(self) -> int | None:
        """The code with which the server ends."""
        async with asyncio.timeout(WITHIN_S):
            while await self.socket.receive() is not None:
                pass
        return self.socket.close_code


async def talk(url: str, key: str | None = None) -> Talk:
    """Connect; with a key, in the header."""
    headers = [] if key is None else [("Authorization", f"Bearer {key}")]
    client = Talk(await WebSocketClient.connect(f"{url}/v1/stream", headers))
    _OPEN.append(client)
    return client


def ids_of(frame: dict[str, Any]) -> list[str]:
    """The ids in an answer, best first."""
    return [match["id"] for match in frame["matches"]]


def run(story: Callable[[], Awaitable[None]]) -> None:
    """Run a test's story on an event loop of its own."""

    async def bounded() -> None:
        async with asyncio.timeout(90):
            try:
                await story()
            finally:
                while _OPEN:
                    _OPEN.pop().socket.kill()
                await asyncio.sleep(0.01)  # the loop closes what was aborted

    asyncio.run(bounded())
