# Made from swell/client/aio/region_finder.py by python -m swell.deploy.client_code: change that file.
"""Regions that the server names, for reads: asked for now and then, beside what goes on."""

import threading
from collections.abc import Callable
from time import monotonic
from typing import Any, Final

from swell.client.endpoints import Endpoints
from swell.client.errors import ClientError

_EVERY_S: Final = 30.0
_AGAIN_AFTER_S: Final = 5.0


class RegionFinder:
    """Where reads go: the regions that serve, as the server told last, and after them the addresses that were given.

    One call at a time asks; the others go by what is known. A server that cannot tell leaves what was known, and at
    first that is what was given. Addresses without TLS are not taken from a server that is asked with it.
    """

    def __init__(self, given: Endpoints, ask: Callable[[], Any]) -> None:
        self._given = given
        self._ask = ask
        self._known = given
        self._look_at_s = 0.0
        self._lock = threading.Lock()

    def endpoints(self) -> Endpoints:
        """Where the next read goes."""
        with self._lock:
            if monotonic() < self._look_at_s:
                return self._known
            self._look_at_s = monotonic() + _EVERY_S
        try:
            told = self._ask()
            urls = [one["url"] for one in told["endpoints"] if one["is_serving"]]
        except (ClientError, KeyError, TypeError):
            self._look_at_s = monotonic() + _AGAIN_AFTER_S
            return self._known
        is_secure = self._given.urls[0].startswith("https://")
        found = [url for url in urls if url.startswith("https://") or not is_secure]
        if [*found, *self._given.urls] != self._known.urls:  # else those left out stay out
            self._known = Endpoints([*found, *self._given.urls])
        return self._known
