"""The serving mode of this moment, as the instance believes it: read in the background, never in a request's way."""

import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from shared.domain.serving_mode import SERVING_MODE_DOCUMENT, ServingMode, mode_of
from shared.errors import DependencyUnavailable
from shared.metrics import Gauge
from shared.ports.state import StateStore
from shared.resilience.believed import Believed, Lifetimes, Unknown
from shared.telemetry import log

MODE: Final = Gauge("swell_serving_mode", "The serving mode, from 0 (normal) to 4 (emergency)", merged="max")

MODE_LIFETIMES: Final = Lifetimes(refresh_after_s=1.0, believed_s=5.0, outage_s=600.0)
"""A new mode holds in a busy instance after 1 s and in any after 5 s, or for up to 10 minutes the last one seen."""


class CurrentMode:
    """Believes `control/serving_mode`. Where it is missing or makes no sense, the last known mode holds on.

    What was known stays for `outage_s` of the lifetimes; without anything known that recent, all is served: a mode is
    decided to save money or capacity, and the lack of a decision is none. Make it once a process; use it on the event
    loop.
    """

    def __init__(
        self,
        state: StateStore,
        *,
        lifetimes: Lifetimes = MODE_LIFETIMES,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._state = state
        self._monotonic_s = monotonic_s
        self._last: tuple[ServingMode, float] | None = None
        self._believed: Believed[None, ServingMode] = Believed(
            lambda _: self._read(), lifetimes, monotonic_s=monotonic_s
        )

    @property
    def known(self) -> ServingMode | None:
        """The mode, if nothing need be waited for."""
        known = self._believed.peek(None)
        return None if isinstance(known, Unknown) else known

    async def __call__(self) -> ServingMode:
        """The mode; waits for the store for at most a moment, and only where nothing is known yet. Never fails."""
        known = self._believed.peek(None)
        if not isinstance(known, Unknown):
            return known
        try:
            return await self._believed.get(None)
        except DependencyUnavailable:
            return self._last_known()

    def _read(self) -> ServingMode:
        document = self._state.get(SERVING_MODE_DOCUMENT)
        decided = None if document is None else _decided(document.data)
        if decided is None:
            return self._last_known()
        self._last = decided, self._monotonic_s()
        MODE.set(decided.value)
        return decided

    def _last_known(self) -> ServingMode:
        if self._last is None or self._monotonic_s() - self._last[1] > MODE_LIFETIMES.outage_s:
            return ServingMode.NORMAL
        return self._last[0]


def _decided(document: Mapping[str, Any]) -> ServingMode | None:
    try:
        return mode_of(document)
    except ValueError:
        log("ERROR", "serving mode not understood", document=SERVING_MODE_DOCUMENT)
        return None
