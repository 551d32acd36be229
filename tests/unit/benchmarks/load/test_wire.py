"""HTTP/1.1 messages, written and cut out of a stream."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.load.wire import MessageReader, UnreadableMessage, encode_answer, encode_request, status_of


@given(body=st.binary(max_size=200), cuts=st.sets(st.integers(1, 300)))
def test_a_message_is_read_however_the_network_cuts_it(body: bytes, cuts: set[int]) -> None:
    """Head and body come back whole, at the last byte and not before."""
    message = encode_answer(body)
    places = [0, *sorted(cut for cut in cuts if cut < len(message)), len(message)]
    reader = MessageReader()

    read = [reader.feed(message[start:end]) for start, end in pairwise(places)]

    assert read[:-1] == [None] * (len(read) - 1)
    assert read[-1] == (message[: len(message) - len(body)], body)


def test_a_reader_reads_one_message_after_the_other() -> None:
    """Nothing of a message is left over in the next."""
    reader = MessageReader()

    first = reader.feed(encode_answer(b"one"))
    second = reader.feed(encode_answer(b"second"))

    assert first is not None
    assert second is not None
    assert (first[1], second[1]) == (b"one", b"second")


def test_the_status_is_read_from_the_head() -> None:
    """Refusals are told from answers."""
    read = MessageReader().feed(b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n")

    assert read is not None
    assert status_of(read[0]) == 503


@pytest.mark.parametrize(
    "message",
    [b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", b"SSH-2.0-OpenSSH\r\ncontent-length: 1\r\n\r\n"],
    ids=["without a length", "another protocol"],
)
def test_what_cannot_be_read_is_an_error(message: bytes) -> None:
    """An answer is never guessed at."""
    with pytest.raises(UnreadableMessage):
        MessageReader().feed(message)


def test_a_request_says_how_long_its_body_is() -> None:
    """A request reads back as a message that begins with its method."""
    request = encode_request("POST", "/v1/collections/a/query", b'{"vector":[1]}', port=8080)

    read = MessageReader(b"POST ").feed(request)

    assert read is not None
    assert read[0].startswith(b"POST /v1/collections/a/query HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n")
    assert read[1] == b'{"vector":[1]}'
