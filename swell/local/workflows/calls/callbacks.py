"""`events.create_callback_endpoint` and `events.await_callback`.

Source: cloud.google.com/workflows/docs/creating-callback-endpoints.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any, Final, Protocol

from swell.local.workflows.expressions.operators import is_number
from swell.local.workflows.failure import failure
from swell.local.workflows.journal import Strand
from swell.local.workflows.limits import CALLBACK_TIMEOUT_S, MAX_SLEEP_S
from swell.local.workflows.timing import Stop, Time, moment_after
from swell.local.workflows.world import BlockingCall

METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"})


class CallbackDesk(Protocol):
    """Opens addresses, and keeps the requests that come to them until they are asked for."""

    def open(self, method: str) -> str:
        """A new address that takes requests of this method."""
        ...

    def received(self, url: str) -> Mapping[str, Any] | None:
        """The first request there that was not handed over yet, or None.

        Raises:
            KeyError: no address of this desk.
        """
        ...


def callback_calls(desk: CallbackDesk, time: Time, stop: Stop) -> Mapping[str, BlockingCall]:
    """The calls, on a desk."""

    def create(strand: Strand, arguments: Mapping[str, Any]) -> Any:
        method = arguments.get("http_callback_method", "POST")
        if method not in METHODS:
            raise failure("ValueError", f"http_callback_method is one of {sorted(METHODS)}, got {method!r:.20}")
        return {"url": strand.once("create_callback_endpoint", partial(desk.open, method))}

    def wait(strand: Strand, arguments: Mapping[str, Any]) -> Any:
        url = _url(arguments["callback"])
        timeout_s = _timeout_s(arguments.get("timeout"))
        noted = strand.once("callback deadline", partial(moment_after, time, timeout_s))
        return strand.once("await_callback", lambda: _first(url, datetime.fromisoformat(noted)))

    def _first(url: str, deadline: datetime) -> Any:
        found: list[Mapping[str, Any]] = []

        def look() -> bool:
            try:
                request = desk.received(url)
            except KeyError:
                raise failure("ValueError", f"{url!r} is not a callback endpoint of this execution") from None
            found.extend([] if request is None else [request])
            return bool(found)

        time.wait_until(deadline, stop, look)
        if not found and not look():
            raise failure("TimeoutError", "no callback came in time")
        return dict(found[0])

    return {"events.create_callback_endpoint": create, "events.await_callback": wait}


def _url(callback: Any) -> str:
    if not isinstance(callback, dict) or not isinstance(callback.get("url"), str):
        raise failure("TypeError", "callback is what create_callback_endpoint returned: a map with a url")
    url: str = callback["url"]
    return url


def _timeout_s(given: Any) -> float:
    if given is None:
        return CALLBACK_TIMEOUT_S
    if not is_number(given):
        raise failure("TypeError", f"timeout takes a number of seconds, got {given!r:.50}")
    if not 0 < given <= MAX_SLEEP_S:
        raise failure("ValueError", f"timeout is positive, and at most a year, got {given}")
    return float(given)
