"""Whether a request was made on this machine, by its user."""

from typing import Any

import pytest

from shared.auth.loopback import is_loopback, made_on_this_machine

HOST = {b"host": b"127.0.0.1:8080"}
HERE = {"client": ("127.0.0.1", 50_000)}


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.8.9.1", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("localhost", True),
        ("10.0.0.1", False),
        ("::ffff:10.0.0.1", False),
        ("0.0.0.0", False),  # noqa: S104 - a value that must not pass
        ("localhost.evil.example", False),
        ("", False),
    ],
)
def test_what_counts_as_loopback(host: str, loopback: bool) -> None:  # noqa: FBT001 - a table
    """Addresses of 127/8 and ::1, and the one name that always means them."""
    assert loopback == is_loopback(host)


@pytest.mark.parametrize(
    ("scope", "headers"),
    [
        (HERE, HOST),
        ({"client": ("::1", 1)}, {b"host": b"[::1]:8080"}),
        (HERE, {b"host": b"localhost"}),
        (HERE, {**HOST, b"origin": b"http://localhost:3000"}),
    ],
    ids=["plain", "IPv6", "by name", "a page served here"],
)
def test_what_is_made_here_is_known(scope: dict[str, Any], headers: dict[bytes, bytes]) -> None:
    """A program on this machine that calls this machine by its own address."""
    assert made_on_this_machine(scope, headers)


@pytest.mark.parametrize(
    ("scope", "headers"),
    [
        ({"client": ("192.168.0.7", 1)}, HOST),
        ({"client": None}, HOST),
        ({}, HOST),
        (HERE, {}),
        (HERE, {b"host": b"evil.example"}),
        (HERE, {**HOST, b"origin": b"https://evil.example"}),
        (HERE, {**HOST, b"origin": b"null"}),
        (HERE, {**HOST, b"x-forwarded-for": b"127.0.0.1"}),
        (HERE, {**HOST, b"forwarded": b"for=127.0.0.1"}),
        (HERE, {b"host": b"[::1"}),
    ],
    ids=[
        "another machine",
        "no peer",
        "no peer named",
        "no host",
        "a rebound name",
        "a page of another site",
        "a sandboxed page",
        "behind a proxy",
        "behind a standard proxy",
        "a broken host",
    ],
)
def test_what_may_come_from_elsewhere_is_not_trusted(scope: dict[str, Any], headers: dict[bytes, bytes]) -> None:
    """Other machines, proxies, and browsers that act for a page of another site."""
    assert not made_on_this_machine(scope, headers)
