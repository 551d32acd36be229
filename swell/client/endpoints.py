"""Which of several regions a request goes to: the nearest that answers."""

import re
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

_OUT_S: Final = 10.0
_ADDRESS: Final = re.compile(r"https?://[^/?#]+/?[^?#]*\Z", re.IGNORECASE)


@dataclass
class _Endpoint:
    url: str
    out_until_s: float | None = None


class Endpoints:
    """URLs of one deployment, nearest first.

    One that could not be reached is left out for `out_s`; then a single request tries it, and the others follow
    when it was answered. Where all are out, the one that has been out longest is tried.
    """

    def __init__(
        self, urls: Sequence[str], *, out_s: float = _OUT_S, monotonic_s: Callable[[], float] = time.monotonic
    ) -> None:
        if not urls:
            raise ValueError("url: got none, allowed: at least one")
        for url in urls:
            if not _ADDRESS.match(url):
                raise ValueError(f"url: got {url!r}, allowed: an address such as http://127.0.0.1:8080")
        self._endpoints = [_Endpoint(url.rstrip("/")) for url in dict.fromkeys(urls)]
        self._out_s = out_s
        self._monotonic_s = monotonic_s
        self._lock = threading.Lock()

    @property
    def urls(self) -> list[str]:
        """All of them, nearest first."""
        return [endpoint.url for endpoint in self._endpoints]

    def choose(self) -> str:
        """Where the next request goes."""
        with self._lock:
            now_s = self._monotonic_s()
            for endpoint in self._endpoints:
                if endpoint.out_until_s is None:
                    return endpoint.url
                if now_s >= endpoint.out_until_s:
                    endpoint.out_until_s = now_s + self._out_s  # nobody else tries it meanwhile
                    return endpoint.url
            return min(self._endpoints, key=lambda endpoint: endpoint.out_until_s or 0.0).url

    def besides(self, url: str) -> str:
        """Where a request goes that is at `url` too: the nearest other one that answers, or there again."""
        with self._lock:
            others = (one.url for one in self._endpoints if one.url != url and one.out_until_s is None)
            return next(others, url)

    def answered(self, url: str) -> None:
        """It can be reached."""
        self._set(url, None)

    def failed(self, url: str) -> None:
        """It could not be reached."""
        self._set(url, self._monotonic_s() + self._out_s)

    def has_healthy(self) -> bool:
        """Whether one is there that is not left out."""
        with self._lock:
            return any(endpoint.out_until_s is None for endpoint in self._endpoints)

    def _set(self, url: str, out_until_s: float | None) -> None:
        with self._lock:
            for endpoint in self._endpoints:
                if endpoint.url == url:
                    endpoint.out_until_s = out_until_s
