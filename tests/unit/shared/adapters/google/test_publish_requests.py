"""How messages are put into publish requests."""

import pytest

from shared.adapters.google.publisher import _by_topic_and_key, _requests
from shared.ports.publisher import Message


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ([10], [1]),
        ([10] * 1_000, [1_000]),
        ([10] * 2_001, [1_000, 1_000, 1]),
        ([4_000_000] * 5, [2, 2, 1]),
        ([9_999_968, 1], [1, 1]),
        ([1, 9_999_968], [1, 1]),
    ],
    ids=["one", "as many as allowed", "one more", "by bytes", "a full one first", "a full one last"],
)
def test_a_request_is_as_large_as_allowed(sizes: list[int], expected: list[int]) -> None:
    """1,000 messages and ten million bytes, framing included; the order stays."""
    messages = [Message("t", bytes([number % 256]) + b"x" * (size - 1)) for number, size in enumerate(sizes)]

    requests = list(_requests(messages))

    assert expected == [len(request) for request in requests]
    assert [message.data for message in messages] == [each.data for request in requests for each in request]


def test_a_request_carries_one_topic_and_one_key() -> None:
    """In the order of publishing within each."""
    keys = [("t", "a"), ("t", "b"), ("u", "a"), ("t", "a"), ("t", "")]
    messages = [Message(topic, str(number).encode(), {}, key) for number, (topic, key) in enumerate(keys)]

    groups = _by_topic_and_key(messages)

    assert {
        ("t", "a"): [messages[0], messages[3]],
        ("t", "b"): [messages[1]],
        ("u", "a"): [messages[2]],
        ("t", ""): [messages[4]],
    } == groups
