"""Fetching a calendar feed, which is somebody else's: bounded in size and time, and not led astray."""

import socket
from collections.abc import Callable, Sequence
from ipaddress import ip_address
from typing import Final

import httpx

from swell.cli.failure import CommandFailed

MAX_BYTES: Final = 1_000_000
_TIMEOUT_S: Final = 30.0
_MAX_REDIRECTS: Final = 5

Resolve = Callable[[str], Sequence[str]]
"""The addresses of a host name. Raises OSError if there are none."""


def fetch_feed(address: str, client: httpx.Client | None = None, resolve: Resolve | None = None) -> str:
    """The text at an address that a person has named.

    Where that leads on to another host, it may not be one of this machine, its network, or a cloud's metadata server:
    whoever runs the feed would reach through us what only we can.

    Raises:
        CommandFailed: it cannot be had, is too large, or leads where it may not.
    """
    with client or httpx.Client(timeout=_TIMEOUT_S, follow_redirects=False) as asking:
        url = httpx.URL(address)
        for _ in range(_MAX_REDIRECTS + 1):
            try:
                with asking.stream("GET", url) as answer:
                    if not answer.is_redirect:
                        return _text(answer)
                    onward = url.join(answer.headers.get("location", ""))
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                raise CommandFailed(f"cannot fetch {url}: {error}", code="unreadable_feed") from error
            if onward.host != url.host or onward.scheme != url.scheme:
                _require_public(onward, resolve or _addresses)
            url = onward
    raise CommandFailed(f"{address} leads on more than {_MAX_REDIRECTS} times", code="unreadable_feed")


def _text(answer: httpx.Response) -> str:
    answer.raise_for_status()
    content = bytearray()
    for chunk in answer.iter_bytes():
        content += chunk
        if len(content) > MAX_BYTES:
            raise CommandFailed(f"{answer.url}: more than {MAX_BYTES:,} bytes", code="feed_too_large")
    return content.decode(answer.encoding or "utf-8", errors="replace")


def _require_public(url: httpx.URL, resolve: Resolve) -> None:
    try:
        public = url.scheme == "https" and all(ip_address(each).is_global for each in resolve(url.host))
    except (OSError, ValueError):
        public = False
    if not public:
        raise CommandFailed(
            f"the feed leads to {url.scheme}://{url.host}, allowed: a public https address", code="unreadable_feed"
        )


def _addresses(host: str) -> list[str]:
    return [str(found[4][0]) for found in socket.getaddrinfo(host, 443, proto=socket.IPPROTO_TCP)]
