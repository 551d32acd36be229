"""Whether a request was made on this machine, by a program of its user and not through a browser or a proxy."""

from collections.abc import Mapping
from functools import lru_cache
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlsplit

FORWARDED: Final = (b"forwarded", b"x-forwarded-for", b"x-forwarded-host", b"x-real-ip", b"via")
"""What says that the peer acts for somebody else."""


@lru_cache(maxsize=64)
def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine's own loopback; other names are never resolved."""
    if host == "localhost":
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)


def made_on_this_machine(scope: Mapping[str, Any], headers: Mapping[bytes, bytes]) -> bool:
    """Whether the peer is on loopback and nothing hints that it acts for someone else.

    The `Host` must be loopback too: a web page whose name was rebound to 127.0.0.1 sends its own name. So must any
    `Origin`: a page of another site can post here, though it cannot read the answer.
    """
    peer = scope.get("client")
    if peer is None or not is_loopback(peer[0]) or any(name in headers for name in FORWARDED):
        return False
    if not is_loopback(_host_name(b"//" + headers.get(b"host", b""))):
        return False
    origin = headers.get(b"origin")
    return origin is None or is_loopback(_host_name(origin))


@lru_cache(maxsize=64)  # the same few names come with every request
def _host_name(url: bytes) -> str:
    try:
        return urlsplit(url.decode("latin-1")).hostname or ""
    except ValueError:
        return ""
