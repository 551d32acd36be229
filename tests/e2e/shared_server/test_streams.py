"""Streams through the front door, on both runtimes."""

import asyncio
from typing import Any

import grpc
import httpx
import orjson
from typer.testing import CliRunner

from functions.stream import search_pb2
from swell.cli.main import app
from swell.local.running import RunningSwell
from swell.local.websocket_client import WebSocketClient

_WITHIN_S = 60


def _write(http: httpx.Client, collection: str, *records: dict[str, Any]) -> None:
    answer = http.post(f"/v1/collections/{collection}/upsert", json={"records": list(records), "wait": "committed"})
    assert 200 == answer.status_code, answer.text


async def _hear(socket: WebSocketClient) -> dict[str, Any]:
    async with asyncio.timeout(_WITHIN_S):
        while True:
            text = await socket.receive()
            assert text is not None, socket.close_code
            frame: dict[str, Any] = orjson.loads(text)
            if frame["type"] != "heartbeat":
                return frame


def test_a_standing_query_survives_a_broken_connection(swell: RunningSwell, http: httpx.Client) -> None:
    """What was committed meanwhile is heard once when the client is back, and nothing that it knew already."""
    http.put("/v1/collections/watched", json={"dimension": 2, "metric": "euclidean"}).raise_for_status()
    _write(http, "watched", {"id": "a", "vector": [1, 0]})
    ask = {"type": "subscribe", "subscription": "s", "collection": "watched", "vector": [0, 0], "top_k": 2}

    async def story() -> list[dict[str, Any]]:
        heard = []
        socket = await WebSocketClient.connect(f"{swell.url}/v1/stream")
        await socket.send(orjson.dumps(ask).decode())
        heard.append(await _hear(socket))
        await asyncio.to_thread(_write, http, "watched", {"id": "b", "vector": [2, 0]})
        heard.append(await _hear(socket))
        socket.kill()
        await asyncio.to_thread(_write, http, "watched", {"id": "c", "vector": [0.5, 0]})
        again = await WebSocketClient.connect(f"{swell.url}/v1/stream")
        await again.send(orjson.dumps({**ask, "after": heard[-1]["token"]}).decode())
        heard.append(await _hear(again))
        again.kill()
        third = await WebSocketClient.connect(f"{swell.url}/v1/stream")
        await third.send(orjson.dumps({**ask, "after": heard[-1]["token"]}).decode())
        heard.append(await _hear(third))
        await third.close()
        await asyncio.sleep(0.05)
        return heard

    heard = asyncio.run(story())

    assert ["answer", "update", "update", "unchanged"] == [frame["type"] for frame in heard]
    assert [["a"], ["a", "b"], ["c", "a"]] == [[match["id"] for match in frame["matches"]] for frame in heard[:3]]


def test_progressive_answers_and_standing_queries_come_as_events(swell: RunningSwell, http: httpx.Client) -> None:
    """For clients without WebSockets: the events arrive while the stream is open."""
    http.put("/v1/collections/evented", json={"dimension": 2, "metric": "euclidean"}).raise_for_status()
    _write(http, "evented", {"id": "a", "vector": [1, 0]})

    progressive = http.post("/v1/collections/evented/stream", json={"vector": [0, 0]})
    with http.stream("POST", "/v1/stream", json={"collection": "evented", "vector": [0, 0]}) as stream:
        lines = stream.iter_lines()
        first = [next(lines) for _ in range(3)]
        _write(http, "evented", {"id": "b", "vector": [0.5, 0]})
        second = next(line for line in lines if line.startswith("data:") and '"update"' in line)

    assert "event: done" in progressive.text
    assert "event: answer" == first[1]
    assert ["b", "a"] == [match["id"] for match in orjson.loads(second.removeprefix("data: "))["matches"]]


def test_grpc_answers_beside_http(swell: RunningSwell, http: httpx.Client) -> None:
    """On the port that `swell up` shows."""
    http.put("/v1/collections/called", json={"dimension": 2, "metric": "euclidean"}).raise_for_status()
    _write(http, "called", {"id": "a", "vector": [1, 0]})
    pb: Any = search_pb2
    assert swell.grpc is not None

    with grpc.insecure_channel(swell.grpc) as channel:
        query = channel.unary_unary(
            "/swell.v1.Search/Query", pb.QueryRequest.SerializeToString, pb.QueryAnswer.FromString
        )
        ask = pb.Ask(collection="called", vector=[0, 0])
        answer = query(pb.QueryRequest(ask=ask), timeout=_WITHIN_S, wait_for_ready=True)

    assert ["a"] == [match.id for match in answer.matches]


def test_the_command_follows_a_collection(swell: RunningSwell, http: httpx.Client) -> None:
    """Each answer on a line for programs."""
    http.put("/v1/collections/shown", json={"dimension": 2, "metric": "euclidean"}).raise_for_status()
    _write(http, "shown", {"id": "a", "vector": [1, 0]})

    shown = CliRunner().invoke(app, ["watch", "shown", "--id", "a", "--count", "1", "--json", "--url", swell.url])

    assert (0, ["a"]) == (shown.exit_code, [match["id"] for match in orjson.loads(shown.stdout)["matches"]])
