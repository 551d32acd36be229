"""Fetching a calendar feed, which is somebody else's: bounded in size and time, and not led astray."""

import re
import socket
import time
from collections.abc import Callable, Sequence
from ipaddress import ip_address
from typing import Final

import httpx

from swell.cli.failure import CommandFailed

MAX_BYTES: Final = 1_000_000
_TIMEOUT_S: Final = 30.0
_MAX_REDIRECTS: Final = 5
_WHOLE_S: Final = 60.0
"""How long all of it may take: a server that sends a byte now and then keeps every single read short."""
_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_WEBCAL: Final = re.compile(r"webcals?://", re.IGNORECASE)

Resolve = Callable[[str], Sequence[str]]
"""The addresses of a host name. Raises OSError if there are none."""


def is_address(source: str) -> bool:
    """Whether this is no file but an address, whatever its scheme."""
    return _SCHEME.match(source) is not None


def fetch_feed(
    address: str,
    client: httpx.Client | None = None,
    resolve: Resolve | None = None,
    now_s: Callable[[], float] = time.monotonic,
) -> str:
    """The text at an address that a person has named; webcal:// is what calendars call https.

    Nothing is asked of link-local addresses, where clouds have their metadata servers. Where the address leads on to
    another host or port, that may not be of this machine or its network either: whoever runs the feed would reach
    through us what only we can. Errors do not show what stands before the host or after the path: it may be a secret.

    Raises:
        CommandFailed: it cannot be had, is too large, or leads where it may not.
    """
    resolve, give_up_s = resolve or _addresses, now_s() + _WHOLE_S
    with client or httpx.Client(timeout=_TIMEOUT_S, follow_redirects=False) as asking:
        url = _url(address)
        _refuse_link_local(url, resolve)
        for _ in range(_MAX_REDIRECTS + 1):
            try:
                with asking.stream("GET", url) as answer:
                    if not answer.has_redirect_location:
                        return _text(answer, lambda: now_s() > give_up_s)
                    onward = url.join(answer.headers["location"])
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                raise _unreadable(f"cannot fetch {_shown(url)}: {error}") from error
            if (onward.scheme, onward.host, onward.port) != (url.scheme, url.host, url.port):
                _require_public(onward, resolve)
            url = onward
    raise _unreadable(f"{_shown(url)} leads on more than {_MAX_REDIRECTS} times")


def _url(address: str) -> httpx.URL:
    try:
        url = httpx.URL(_WEBCAL.sub("https://", address))
    except httpx.InvalidURL as error:
        raise _unreadable(f"got an address that is none: {error}") from error
    if url.scheme not in ("http", "https") or not url.host:
        raise _unreadable(f"got {_shown(url)}, allowed: a file, or an address with http://, https:// or webcal://")
    return url


def _text(answer: httpx.Response, is_late: Callable[[], bool]) -> str:
    if not answer.is_success:
        raise _unreadable(f"{_shown(answer.url)} answers {answer.status_code} {answer.reason_phrase}".rstrip())
    content = bytearray()
    for chunk in answer.iter_bytes():
        content += chunk
        if len(content) > MAX_BYTES:
            raise CommandFailed(f"{_shown(answer.url)}: more than {MAX_BYTES:,} bytes", code="feed_too_large")
        if is_late():
            raise _unreadable(f"{_shown(answer.url)} was not there within {_WHOLE_S:.0f} s")
    return content.decode(answer.encoding or "utf-8", errors="replace")


def _shown(url: httpx.URL) -> str:
    """An address without user, password and query."""
    return str(url.copy_with(userinfo=b"", query=None, fragment=None))


def _unreadable(text: str) -> CommandFailed:
    return CommandFailed(text, code="unreadable_feed")


def _refuse_link_local(url: httpx.URL, resolve: Resolve) -> None:
    try:
        found = [ip_address(each) for each in resolve(url.host)]
    except (OSError, ValueError):
        return  # the request says so; or a proxy knows the name
    if any(each.is_link_local for each in found):
        raise _unreadable(f"{url.host} is link-local, where clouds have metadata; allowed: any other address")


def _require_public(url: httpx.URL, resolve: Resolve) -> None:
    try:
        public = url.scheme == "https" and all(ip_address(each).is_global for each in resolve(url.host))
    except (OSError, ValueError):
        public = False
    if not public:
        raise _unreadable(f"the feed leads to {url.scheme}://{url.host}, allowed: a public https address")


def _addresses(host: str) -> list[str]:
    return [str(found[4][0]) for found in socket.getaddrinfo(host, 443, proto=socket.IPPROTO_TCP)]
