"""The asynchronous client answers as the synchronous one does."""

import asyncio

import httpx
import orjson
import pytest

from swell.client import AsyncSwell, UnreachableError
from tests.unit.swell.client.recorded_server import AT_ONCE, RecordedServer, ok

QUICK = {
    "stage": "quick",
    "matches": [{"id": "a", "score": 1.0}],
    "version": "0:1",
    "method": "sketch",
    "recall_expected": 0.9,
}
FOUND = {"matches": [{"id": "a", "score": 1.0}], "version": "0:1", "method": "exact", "recall_target": 1, "took_ms": 1}


def _client(server: RecordedServer) -> AsyncSwell:
    return AsyncSwell("http://swell.test", retries=AT_ONCE, http_transport=httpx.MockTransport(server))


def _events(*events: tuple[str, object]) -> httpx.Response:
    text = b"".join(b"event: %s\ndata: %s\n\n" % (name.encode(), orjson.dumps(data)) for name, data in events)
    return httpx.Response(200, content=text)


def test_many_queries_wait_at_once_and_a_broken_one_is_made_again() -> None:
    """On one event loop, by the same rules."""
    server = RecordedServer(httpx.ReadError("reset"), ok(FOUND))

    async def story() -> list[list[str]]:
        async with _client(server) as swell:
            words = swell.collection("words")
            return [answer.ids for answer in await asyncio.gather(words.query([1, 0]), words.query([0, 1]))]

    assert [["a"], ["a"]] == asyncio.run(story())
    assert 3 == len(server.requests)


def test_progressive_answers_come_one_after_the_other() -> None:
    """Quick, then refined, then the end; a stream that breaks off before it is an error."""
    refined = {**QUICK, "stage": "refined"}
    server = RecordedServer(
        _events(("answer", QUICK), ("answer", refined), ("done", {"answer": "2"})), _events(("answer", QUICK))
    )

    async def stages() -> list[str]:
        async with _client(server) as swell:
            return [answer.stage async for answer in swell.collection("words").stream([1, 0])]

    assert ["quick", "refined"] == asyncio.run(stages())
    with pytest.raises(UnreachableError, match="before its last"):
        asyncio.run(stages())


def test_a_watch_can_be_given_up() -> None:
    """Cancelling the task ends it."""
    frame = {"type": "answer", "matches": [], "version": "0:1", "token": "0:1/a"}
    server = RecordedServer(_events(("answer", frame)))

    async def story() -> list[str]:
        async with _client(server) as swell:
            heard: list[str] = []
            has_heard = asyncio.Event()

            async def follow() -> None:
                async for answer in swell.collection("words").watch([1, 0]):
                    heard.append(answer.token)
                    has_heard.set()

            task = asyncio.create_task(follow())
            async with asyncio.timeout(30):
                await has_heard.wait()
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            return heard

    assert ["0:1/a"] == asyncio.run(story())
