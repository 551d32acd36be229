"""What the front door of this machine hands on to functions in other processes."""

import asyncio
from typing import Any

import pytest
from starlette.requests import Request

from shared.auth.loopback import made_on_this_machine
from shared.domain.limits import MAX_REQUEST_BYTES
from shared.errors import RequestTooLarge
from swell.local.upstream import handed_on, target, whole_body


def _request(host: bytes = b"127.0.0.1:8080", raw_path: bytes = b"/v1/x", pieces: int = 1) -> Request:
    async def receive() -> Any:
        return {"type": "http.request", "body": b"x" * 1_000_000, "more_body": next(left) > 0}

    left = iter(range(pieces - 1, -1, -1))
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/v1/x",
        "raw_path": raw_path,
        "query_string": b"a=%2F",
        "headers": [(b"host", host), (b"authorization", b"Bearer x")],
        "server": ("127.0.0.1", 8080),
    }
    return Request(scope, receive)


@pytest.mark.parametrize(
    ("host", "is_open"), [(b"127.0.0.1:8080", True), (b"localhost", True), (b"evil.example", False)]
)
def test_a_rebound_name_is_seen_behind_the_front_door(host: bytes, is_open: bool) -> None:  # noqa: FBT001
    """A page whose name leads to 127.0.0.1 is let in nowhere, though the front door is on this machine."""
    headers = {name.encode(): value.encode() for name, value in handed_on(_request(host))}

    behind = made_on_this_machine({"client": ("127.0.0.1", 1)}, {**headers, b"host": b"127.0.0.1:1"})

    assert is_open == behind


def test_a_path_stays_as_it_was_encoded() -> None:
    """Decoded and encoded again it could be another one."""
    assert "/v1/a%3Fb%2Fc?a=%2F" == target(_request(raw_path=b"/v1/a%3Fb%2Fc"))


def test_no_more_is_held_than_a_request_may_have() -> None:
    """The front door reads bodies before anybody has looked at the key."""
    assert MAX_REQUEST_BYTES == len(asyncio.run(whole_body(_request(pieces=8))))
    with pytest.raises(RequestTooLarge):
        asyncio.run(whole_body(_request(pieces=9)))
