"""The service `swell.v1.Search`, on a real server."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
import pytest

from functions.stream import search_pb2
from functions.stream.grpc_service import start_grpc
from shared.domain.rate_limit import RateLimit
from shared.topology.loading import TOPOLOGY_FILE
from swell.deploy.grpc_code import CODE, generated
from tests.integration.stream.conftest import WITHIN_S, World, run

pb: Any = search_pb2


def _ask(**options: Any) -> Any:
    return pb.Ask(**{"collection": "c", "vector": [0, 0], "top_k": 2, **options})


def _subscribe(name: str, **options: Any) -> Any:
    return pb.WatchRequest(subscribe=pb.Subscribe(subscription=name, ask=_ask(**options)))


class Client:
    """A channel with a key."""

    def __init__(self, channel: grpc.aio.Channel, key: str) -> None:
        self._metadata = (("authorization", f"Bearer {key}"),)
        self._watch = channel.stream_stream(
            "/swell.v1.Search/Watch", pb.WatchRequest.SerializeToString, pb.WatchFrame.FromString
        )
        self._query = channel.unary_unary(
            "/swell.v1.Search/Query", pb.QueryRequest.SerializeToString, pb.QueryAnswer.FromString
        )

    def watch(self) -> Any:
        """An open call."""
        return self._watch(metadata=self._metadata, timeout=WITHIN_S)

    async def query(self, **options: Any) -> Any:
        """One answer."""
        return await self._query(pb.QueryRequest(ask=_ask(**options)), metadata=self._metadata, timeout=WITHIN_S)


@asynccontextmanager
async def _served(world: World, key: str | None = None, **options: Any) -> AsyncIterator[tuple[Client, Any]]:
    async with world.stream(**options) as (_, stream):
        server, port = await start_grpc(stream, "127.0.0.1", 0)
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield Client(channel, key or world.key()), stream
        await server.stop(1)


async def _hear(call: Any, kind: str | None = None) -> Any:
    while (frame := await call.read()) is not grpc.aio.EOF:
        if frame.type == kind or (kind is None and frame.type != "heartbeat"):
            return frame
    return None


def test_frames_come_as_over_a_websocket(world: World) -> None:
    """Answer, update, unchanged after a return, ended."""

    async def story() -> None:
        world.commit(a=(1, 0), b=(2, 0))
        async with _served(world) as (client, _):
            call = client.watch()
            await call.write(_subscribe("s"))
            first = await _hear(call)
            world.commit(near=(0.5, 0))
            update = await _hear(call)
            call.cancel()
            again = client.watch()
            await again.write(_subscribe("s", after=update.token))
            same = await _hear(again)
            await again.write(pb.WatchRequest(unsubscribe=pb.Unsubscribe(subscription="s")))
            ended = await _hear(again)
            await again.done_writing()
            assert await _hear(again) is None

        assert ("answer", ["a", "b"]) == (first.type, [match.id for match in first.matches])
        assert ("update", ["near", "a"]) == (update.type, [match.id for match in update.matches])
        assert ["unchanged", "ended"] == [same.type, ended.type]

    run(story)


def test_a_query_is_answered_once(world: World) -> None:
    """With the version it was read from; what is wrong has its status."""

    async def story() -> None:
        world.commit(a=(1, 0), b=(2, 0))
        async with _served(world) as (client, _):
            answer = await client.query(top_k=1)
            with pytest.raises(grpc.aio.AioRpcError) as wrong:
                await client.query(vector=[1, 2, 3])
            with pytest.raises(grpc.aio.AioRpcError) as missing:
                await client.query(collection="missing")

        assert (["a"], "0:1") == ([match.id for match in answer.matches], answer.version)
        assert grpc.StatusCode.INVALID_ARGUMENT is wrong.value.code()
        assert grpc.StatusCode.NOT_FOUND is missing.value.code()

    run(story)


def test_a_wrong_key_and_a_bad_subscription_are_told(world: World) -> None:
    """The first ends the call, the second only the subscription."""

    async def story() -> None:
        world.commit(a=(1, 0))
        async with _served(world) as (client, _):
            call = client.watch()
            await call.write(_subscribe("bad", top_k=5000))
            error = await _hear(call)
            await call.write(_subscribe("good"))
            answer = await _hear(call)
            call.cancel()
        async with _served(world, key="swl_0123456789abcdef_" + "x" * 43) as (stranger, _):
            refused = stranger.watch()
            code = await refused.code()

        assert ("error", "bad", 400) == (error.type, error.subscription, error.problem.status)
        assert "good" == answer.subscription
        assert grpc.StatusCode.UNAUTHENTICATED is code

    run(story)


def test_a_shutdown_ends_the_call_with_a_time_to_come_back(world: World) -> None:
    """UNAVAILABLE, which clients take as a reason to try again."""

    async def story() -> None:
        world.commit(a=(1, 0))
        async with _served(world) as (client, stream):
            call = client.watch()
            await call.write(_subscribe("s"))
            await _hear(call)
            stream.sessions.tell_shutdown()
            told = await _hear(call)
            code = await call.code()
            trailing = dict(await call.trailing_metadata() or ())

        assert ("shutdown", 1.0, "1.0") == (told.type, told.retry_after_s, trailing["retry-after-s"])
        assert grpc.StatusCode.UNAVAILABLE is code

    run(story)


def test_a_slow_reader_is_dropped_and_may_resume(world: World) -> None:
    """RESOURCE_EXHAUSTED; the outbox never grows beyond its bound."""

    async def story() -> None:
        world.commit(a=(1, 0))
        async with _served(world, outbox_frames=8) as (client, stream):
            call = client.watch()
            await call.write(_subscribe("s"))
            first = await _hear(call)
            (session,) = stream.sessions._open
            for _ in range(20):
                session.outbox.put({"type": "heartbeat"})
            last = await _hear(call, "error")
            code = await call.code()
            again = client.watch()
            await again.write(_subscribe("s", after=first.token))
            same = await _hear(again)
            again.cancel()

        assert (429, "unchanged") == (last.problem.status, same.type)
        assert grpc.StatusCode.RESOURCE_EXHAUSTED is code

    run(story)


def test_the_generated_code_is_that_of_the_proto() -> None:
    """`python -m swell.deploy.grpc_code` would change nothing."""
    root = TOPOLOGY_FILE.parent

    assert generated(root) == (root / CODE).read_bytes()


def test_calls_of_a_closed_channel_leave_nothing(world: World) -> None:
    """A client that vanishes frees its places."""

    async def story() -> None:
        world.commit(a=(1, 0))
        async with _served(world) as (client, stream):
            call = client.watch()
            await call.write(_subscribe("s"))
            await _hear(call)
            call.cancel()
            await asyncio.wait_for(stream.sessions._all_closed.wait(), WITHIN_S)

            assert not stream.sessions.limits._subscriptions

    run(story)


def test_single_queries_have_the_rate_of_their_key(world: World) -> None:
    """The way over gRPC is no way around what a key may ask for."""

    async def story() -> None:
        key = world.key(rate=RateLimit(0.01, 2))
        world.commit(a=(0, 0))
        async with _served(world, key) as (client, _):
            answered = [await client.query() for _ in range(2)]
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await client.query()

        assert [["a"], ["a"]] == [[match.id for match in answer.matches] for answer in answered]
        assert grpc.StatusCode.RESOURCE_EXHAUSTED is refused.value.code()
        assert "requests a second" in str(refused.value.details())

    run(story)
