"""Standing queries over three transports, broken off and taken up again: nothing may be lost or come twice."""

import asyncio
import random
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from typing import Any, Final

import grpc
import numpy as np
import orjson

from benchmarks.soak.findings import Findings
from benchmarks.soak.truth import MOVING, Vector
from functions.stream import search_pb2
from shared.domain.versions import VersionVector
from swell.client import AsyncSwell
from swell.client.errors import ClientError
from swell.local.websocket_client import RefusedError, WebSocketClient

TOP_K: Final = 5
_BREAK_AFTER_S: Final = (3.0, 9.0)
_PAUSE_S: Final = 0.3
pb: Any = search_pb2

Seen = tuple[list[str], str]
"""The ids of an answer, and its token."""


class Follower:
    """One standing query; `ids` is what its client believes."""

    def __init__(self, name: str, vector: Vector, findings: Findings) -> None:
        self.name = name
        self.vector = vector
        self.ids: list[str] | None = None
        self.token: str | None = None
        self._findings = findings

    async def follow(self, ended: asyncio.Event) -> None:
        """Follow, break off after some seconds, and go on from the last token, until all ends."""
        while not ended.is_set():
            with suppress(TimeoutError, ClientError, RefusedError, OSError, grpc.aio.AioRpcError):
                async with asyncio.timeout(random.uniform(*_BREAK_AFTER_S)):
                    async with aclosing(self._answers()) as answers:
                        async for ids, token in answers:
                            self._take(ids, token)
            self._findings.done[f"{self.name}: connections"] += 1
            await asyncio.sleep(_PAUSE_S)

    async def settle(self, within_s: float, expected: list[str]) -> None:
        """Connect once more, and wait until what is believed is right."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while self.ids != expected:
                    with suppress(ClientError, RefusedError, OSError, grpc.aio.AioRpcError):
                        async with aclosing(self._answers()) as answers:
                            async for ids, token in answers:
                                self._take(ids, token)
                                if ids == expected:
                                    return
                    await asyncio.sleep(_PAUSE_S)
        if self.ids != expected:
            self._findings.note("update lost", f"{self.name} believes {self.ids}, right is {expected}")

    def _answers(self) -> AsyncGenerator[Seen, None]:
        raise NotImplementedError

    def _take(self, ids: list[str], token: str) -> None:
        self._findings.done[f"{self.name}: updates"] += 1
        version, _, digest = token.partition("/")
        if self.token is not None:
            before, _, digest_before = self.token.partition("/")
            if digest == digest_before:
                self._findings.note("update repeated", f"{self.name}: {token} after {self.token}")
            elif not VersionVector.parse(version).covers(VersionVector.parse(before)):
                self._findings.note("went back", f"{self.name}: {token} after {self.token}")
        self.ids, self.token = ids, token


class SseFollower(Follower):
    """By the client, over Server-Sent Events."""

    def __init__(self, client: AsyncSwell, vector: Vector, findings: Findings) -> None:
        super().__init__("sse", vector, findings)
        self._client = client

    async def _answers(self) -> AsyncGenerator[Seen, None]:
        answers: Any = self._client.collection(MOVING).watch(self.vector, top_k=TOP_K, after=self.token)
        async with aclosing(answers) as watched:
            async for answer in watched:
                yield answer.ids, answer.token


class WebSocketFollower(Follower):
    """Over a WebSocket, which breaks as networks do."""

    def __init__(self, url: str, vector: Vector, findings: Findings) -> None:
        super().__init__("websocket", vector, findings)
        self._url = url

    async def _answers(self) -> AsyncGenerator[Seen, None]:
        socket = await WebSocketClient.connect(f"{self._url}/v1/stream")
        ask = {"type": "subscribe", "subscription": "s", "collection": MOVING, "vector": self.vector.tolist()}
        after = {} if self.token is None else {"after": self.token}
        try:
            await socket.send(orjson.dumps({**ask, "top_k": TOP_K, **after}).decode())
            while (text := await socket.receive()) is not None:
                frame = orjson.loads(text)
                if frame["type"] in {"answer", "update"}:
                    yield [match["id"] for match in frame["matches"]], frame["token"]
        finally:
            socket.kill()


class GrpcFollower(Follower):
    """Over gRPC."""

    def __init__(self, target: str, vector: Vector, findings: Findings) -> None:
        super().__init__("grpc", vector, findings)
        self._target = target

    async def _answers(self) -> AsyncGenerator[Seen, None]:
        ask = pb.Ask(collection=MOVING, vector=self.vector.tolist(), top_k=TOP_K, after=self.token or "")
        async with grpc.aio.insecure_channel(self._target) as channel:
            watch = channel.stream_stream(
                "/swell.v1.Search/Watch", pb.WatchRequest.SerializeToString, pb.WatchFrame.FromString
            )
            call: Any = watch()
            await call.write(pb.WatchRequest(subscribe=pb.Subscribe(subscription="s", ask=ask)))
            while (frame := await call.read()) is not grpc.aio.EOF:
                if frame.type in {"answer", "update"}:
                    yield [match.id for match in frame.matches], frame.token


def followers(client: AsyncSwell, url: str, target: str, findings: Findings, seed: int) -> list[Follower]:
    """Two of each kind."""
    chance = np.random.default_rng((seed, 99))
    vectors = [chance.standard_normal(24).astype(np.float32) for _ in range(6)]
    made: list[Follower] = []
    for place in (0, 3):
        made += [
            SseFollower(client, vectors[place], findings),
            WebSocketFollower(url, vectors[place + 1], findings),
            GrpcFollower(target, vectors[place + 2], findings),
        ]
    return made
