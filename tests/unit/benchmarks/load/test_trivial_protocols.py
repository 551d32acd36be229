"""What the generator is measured against answers each protocol as the generator speaks it."""

import asyncio
from typing import get_args

import pytest

from benchmarks.load.connection import conversation_of
from benchmarks.load.pace import request_of
from benchmarks.load.trivial_server import conversation
from benchmarks.scenarios.protocol import ProtocolName

ASKED = 40


class Wire(asyncio.Transport):
    """Keeps what a server says until it is taken."""

    said = b""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Add it."""
        self.said += data

    def take(self) -> bytes:
        """All of it."""
        said, self.said = self.said, b""
        return said


@pytest.mark.parametrize("protocol", get_args(ProtocolName))
def test_every_request_is_answered_well_and_only_once(protocol: ProtocolName) -> None:
    """Also where bytes come in pieces."""
    request = request_of(protocol, 1)
    client, server, wire = conversation_of(protocol, request)(), conversation(protocol, 100)(), Wire()
    server.connection_made(wire)
    ended: list[tuple[int, int]] = []

    def say(data: bytes) -> None:
        while data:
            piece, data = data[:7], data[7:]
            server.data_received(piece)
            if answer := wire.take():
                heard, back = client.hear(answer)
                ended.extend((place, status) for place, status, is_last in heard if is_last)
                data += back

    say(client.opening())
    for place in range(ASKED):
        assert client.room > 0
        say(client.ask(place, request))

    assert ended == [(place, 200) for place in range(ASKED)]
    assert list(client.under_way()) == []
