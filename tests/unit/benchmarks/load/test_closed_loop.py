"""One connection of the load generator, on a transport that only remembers."""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any

import pytest

from benchmarks.load.closed_loop import Lane, Recorded
from benchmarks.load.wire import encode_answer


class Remembering(asyncio.Transport):
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []
        self.closed = False

    def write(self, data: Any) -> None:
        """Keep the bytes."""
        self.written.append(bytes(data))

    def close(self) -> None:
        """Remember that it was closed."""
        self.closed = True


def connected(requests: Sequence[bytes], place: int, stride: int) -> tuple[Lane, Remembering, Recorded]:
    """A lane with a connection."""
    recorded, transport = Recorded(), Remembering()
    lane = Lane(requests, place, stride, recorded)
    lane.connection_made(transport)
    return lane, transport, recorded


def run(scenario: Coroutine[Any, Any, None]) -> None:
    """Run on a loop of its own."""
    asyncio.run(scenario)


def test_a_lane_sends_the_next_request_when_the_last_is_answered() -> None:
    """One request is under way at a time, and the list goes round."""

    async def scenario() -> None:
        lane, transport, recorded = connected([b"a", b"b"], 0, 1)
        lane.start(once=False)
        for _ in range(2):
            lane.data_received(encode_answer(b"ok"))

        assert transport.written == [b"a", b"b", b"a"]
        assert len(recorded.latencies_ns) == 2

    run(scenario())


def test_lanes_share_the_requests_without_repeating_any() -> None:
    """Once through: every request is sent by one lane, and both lanes end."""

    async def scenario() -> None:
        requests = [b"a", b"b", b"c"]
        lanes = [connected(requests, place, 2) for place in range(2)]
        for lane, _, _ in lanes:
            lane.start(once=True)
            while not lane.ended.done():
                lane.data_received(encode_answer(b"ok"))

        assert sorted(request for _, transport, _ in lanes for request in transport.written) == requests
        assert all(transport.closed for _, transport, _ in lanes)

    run(scenario())


def test_a_stopped_lane_waits_for_the_answer_under_way() -> None:
    """The last answer counts, and nothing is sent after it."""

    async def scenario() -> None:
        lane, transport, recorded = connected([b"a"], 0, 1)
        lane.start(once=False)
        lane.stop()
        before = lane.ended.done()
        lane.data_received(encode_answer(b"ok"))

        assert (before, lane.ended.done()) == (False, True)
        assert (len(transport.written), len(recorded.latencies_ns)) == (1, 1)

    run(scenario())


def test_refusals_are_counted_by_status_and_are_no_answers() -> None:
    """A fast refusal must not look like a fast answer."""

    async def scenario() -> None:
        lane, _, recorded = connected([b"a"], 0, 1)
        lane.start(once=False)
        lane.data_received(b"HTTP/1.1 503 No\r\ncontent-length: 0\r\n\r\n")

        assert recorded.failures == {503: 1}
        assert recorded.latencies_ns == []
        assert recorded.answers == {}

    run(scenario())


def test_a_lost_connection_ends_the_lane_with_an_error() -> None:
    """A server that hangs up is not a server that has answered all."""

    async def scenario() -> None:
        lane, _, _ = connected([b"a"], 0, 1)
        lane.start(once=False)
        lane.connection_lost(None)

        with pytest.raises(ConnectionResetError):
            await lane.ended

    run(scenario())
