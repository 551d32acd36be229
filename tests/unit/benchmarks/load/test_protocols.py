"""What connections of each protocol say and hear, against the server's side of the same protocol."""

from typing import Any

import h2.config
import h2.connection
import h2.events
import orjson
import pytest
from wsproto import ConnectionType, WSConnection
from wsproto.events import (
    AcceptConnection,
    CloseConnection,
    Event,
    Ping,
    Pong,
    RejectConnection,
    Request,
    TextMessage,
)

from benchmarks.load.protocols.http2 import Grpc, Http2
from benchmarks.load.protocols.sse import Sse
from benchmarks.load.protocols.websocket import HandshakeRefused, WebSocket
from benchmarks.load.wire import UnreadableMessage, encode_request

ASK = encode_request("POST", "/v1/ask", b'{"top_k":1}', port=1)
KEYED = ASK.replace(b"\r\n\r\n", b"\r\nAuthorization: Bearer k\r\n\r\n", 1)


def events(*named: tuple[str, str]) -> bytes:
    """A whole streamed answer."""
    chunks = [f"event: {name}\ndata: {data}\n\n".encode() for name, data in named]
    body = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)
    return b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + body + b"0\r\n\r\n"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (events(("answer", "{}"), ("answer", "{}"), ("done", "{}")), [(7, 200, False), (7, 200, True)]),
        (events(("answer", "{}"), ("error", '{"status":504}')), [(7, 200, False), (7, 504, True)]),
        (events(("answer", "{}")), [(7, 200, False), (7, 0, True)]),
        (b"HTTP/1.1 503 No\r\ncontent-length: 2\r\n\r\n{}", [(7, 503, True)]),
    ],
    ids=["to done", "an error after the first answer", "broken off", "refused"],
)
def test_a_stream_of_events_counts_to_its_end(answer: bytes, expected: list[tuple[int, int, bool]]) -> None:
    """The first event is heard, and the end with what it says, wherever the network cuts; then there is room again."""
    stream = Sse()

    for _ in range(2):
        stream.ask(7, ASK)
        heard = [each for byte in answer for each in stream.hear(bytes([byte]))[0]]

        assert heard == expected
        assert stream.room == 1


def http2_server(client: Http2) -> h2.connection.H2Connection:
    """A server that has been spoken to."""
    server = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False, header_encoding="utf-8"))
    server.initiate_connection()
    server.receive_data(client.opening())
    client.hear(server.data_to_send())
    return server


def test_http2_has_many_requests_under_way() -> None:
    """Answers are told apart whatever their order; a stream that is reset has no answer."""
    client = Http2()
    server = http2_server(client)
    room = client.room
    asked = [event for place in (5, 6, 7) for event in server.receive_data(client.ask(place, KEYED))]
    first, second, third = (event for event in asked if isinstance(event, h2.events.RequestReceived))
    bodies = [event.data for event in asked if isinstance(event, h2.events.DataReceived)]

    server.send_headers(second.stream_id or 0, [(":status", "429")], end_stream=True)
    server.send_headers(first.stream_id or 0, [(":status", "200")])
    server.send_data(first.stream_id or 0, b"{}", end_stream=True)
    server.reset_stream(third.stream_id or 0)
    heard, _ = client.hear(server.data_to_send())

    assert heard == [(6, 429, True), (5, 200, True), (7, 0, True)]
    assert bodies == [b'{"top_k":1}'] * 3
    headers: dict[Any, Any] = dict(first.headers or ())
    assert (headers[":path"], headers["authorization"]) == ("/v1/ask", "Bearer k")
    assert room == client.room > 1


def test_http2_sends_a_body_of_several_frames_while_the_window_lasts() -> None:
    """Nothing more is begun before the server gives the window back; a body that no stream takes is refused."""
    client = Http2()
    server = http2_server(client)
    large = encode_request("POST", "/v1/ask", b"x" * 30_000, port=1)

    asked = [event for place in (1, 2) for event in server.receive_data(client.ask(place, large))]
    room_before = client.room
    for event in asked:
        if isinstance(event, h2.events.DataReceived):
            server.acknowledge_received_data(event.flow_controlled_length or 0, event.stream_id or 0)
    client.hear(server.data_to_send())

    assert sum(len(event.data) for event in asked if isinstance(event, h2.events.DataReceived)) == 60_000
    assert room_before == 0 < client.room
    with pytest.raises(ValueError, match="got 40000 bytes, allowed over HTTP/2: 32768"):
        client.ask(3, encode_request("POST", "/v1/ask", b"x" * 40_000, port=1))


def test_heads_that_refer_to_a_table_are_read_as_it_is_then() -> None:
    """The same bytes mean another header once one was added; heads in several frames are one."""
    client = Http2()
    server = http2_server(client)
    asked = [event for place in range(8) for event in server.receive_data(client.ask(place, ASK))]
    streams = [event.stream_id or 0 for event in asked if isinstance(event, h2.events.RequestReceived)]
    statuses = ["418", "418", "451", "451", "418", "451", "200", "451"]
    heard: list[tuple[int, int, bool]] = []

    for stream, status in zip(streams, statuses, strict=True):
        long = [("x-long", "y" * 40_000)] if status == "200" else []
        server.send_headers(stream, [(":status", status), ("x-of", status), *long], end_stream=True)
        heard += client.hear(server.data_to_send())[0]

    assert heard == [(place, int(status), True) for place, status in enumerate(statuses)]


@pytest.mark.parametrize(("grpc_status", "status"), [("0", 200), ("8", 429), ("14", 503), ("13", 500)])
def test_grpc_tells_its_status_in_the_trailers(grpc_status: str, status: int) -> None:
    """The HTTP status is 200 whatever became of the call."""
    client = Grpc()
    server = http2_server(client)
    asked = server.receive_data(client.ask(3, ASK))
    stream = next(event.stream_id or 0 for event in asked if isinstance(event, h2.events.RequestReceived))

    server.send_headers(stream, [(":status", "200"), ("content-type", "application/grpc")])
    server.send_headers(stream, [("grpc-status", grpc_status)], end_stream=True)
    heard, _ = client.hear(server.data_to_send())

    assert heard == [(3, status, True)]
    sent = b"".join(event.data for event in asked if isinstance(event, h2.events.DataReceived))
    assert sent == b"\0\0\0\0\x0b" + b'{"top_k":1}'


def websocket_server(client: WebSocket) -> tuple[WSConnection, Request]:
    """A server that has heard the handshake."""
    server = WSConnection(ConnectionType.SERVER)
    server.receive_data(client.opening())
    (request,) = server.events()
    assert isinstance(request, Request)
    return server, request


def texts(events: list[Event]) -> list[object]:
    """Messages."""
    return [orjson.loads(event.data) for event in events if isinstance(event, TextMessage)]


@pytest.mark.parametrize("piece", [1, 50, 10_000])
def test_a_standing_query_is_answered_by_its_first_frame_and_given_back(piece: int) -> None:
    """Each request subscribes under a name of its own; later updates are no answers; errors have their status.

    Wherever the network cuts; a ping and a close are answered, and nothing more is asked after that.
    """
    client = WebSocket(KEYED)
    server, request = websocket_server(client)
    room_before = client.room
    client.hear(server.send(AcceptConnection()))
    room = client.room
    server.receive_data(client.ask(3, KEYED) + client.ask(4, KEYED))
    asked = texts(list(server.events()))

    third, fourth = (f"{place:012d}" for place in (3, 4))
    frames = [
        {"type": "heartbeat"},
        {"type": "answer", "subscription": fourth, "matches": [1] * piece},
        {"type": "update", "subscription": fourth},
        {"type": "error", "subscription": third, "problem": {"status": 429}},
        {"subscription": "somebody-else", "type": "answer"},
    ]
    said = b"".join(server.send(TextMessage(data=orjson.dumps(frame).decode())) for frame in frames)
    said += server.send(Ping(payload=b"?")) + server.send(CloseConnection(code=1001))
    pieces = [said[at : at + piece] for at in range(0, len(said), piece)]
    heard, back = zip(*(client.hear(each) for each in pieces), strict=True)
    for each in back:
        server.receive_data(each)
    events = list(server.events())

    assert (b"authorization", b"Bearer k") in request.extra_headers
    assert asked == [{"type": "subscribe", "subscription": name, "top_k": 1} for name in (third, fourth)]
    assert [each for some in heard for each in some] == [(4, 200, True), (3, 429, True)]
    assert texts(events) == [{"type": "unsubscribe", "subscription": fourth}]
    assert [type(event) for event in events[1:]] == [Pong, CloseConnection]
    assert room_before == client.room == 0 < room
    assert list(client.under_way()) == []


def test_a_message_in_several_frames_is_one_and_what_is_no_frame_of_a_server_is_refused() -> None:
    """A first frame may come in parts; masked frames, those of an extension, and what is no JSON are none."""
    client = WebSocket(KEYED)
    server, _ = websocket_server(client)
    client.hear(server.send(AcceptConnection()))
    client.ask(7, KEYED)
    parts = [
        TextMessage(data=text, message_finished=last) for text, last in (('{"type":"answer",', False), ("", False))
    ]
    last = TextMessage(data='"subscription":"000000000007"}')

    heard, _ = client.hear(b"".join(server.send(part) for part in [*parts, last]))

    assert heard == [(7, 200, True)]
    for wrong in (b"\x81\x84abcdabcd", b"\xc1\x02{}", b"\x81\x01{", b"\x81\x02[]", b"\x82\x7f" + b"\xff" * 8):
        with pytest.raises(UnreadableMessage):
            client.hear(wrong)


@pytest.mark.parametrize("size", [1, 124, 125, 126, 65_500, 65_536, 70_000])
def test_what_is_masked_once_is_what_is_said(size: int) -> None:
    """Whatever the length of the frame, and for each request its own."""
    client = WebSocket(KEYED)
    server, _ = websocket_server(client)
    client.hear(server.send(AcceptConnection()))
    asks = [
        encode_request("GET", "/v1/stream", orjson.dumps({"a": "x" * size, "n": number}), port=1) for number in (1, 2)
    ]

    server.receive_data(b"".join(client.ask(number, asks[number % 2]) for number in range(4)))

    said: list[Any] = texts(list(server.events()))
    assert [(one["subscription"], one["n"], len(one["a"])) for one in said] == [
        (f"{number:012d}", 1 + number % 2, size) for number in range(4)
    ]


def test_a_refused_handshake_is_an_error() -> None:
    """Nothing can be asked over it."""
    client = WebSocket(KEYED)
    server, _ = websocket_server(client)

    with pytest.raises(HandshakeRefused, match="503"):
        client.hear(server.send(RejectConnection(status_code=503)))
