"""Asks how much waits to be committed, now and then, and refuses what would add to too much."""

import asyncio
from typing import Final

from functions.ingest.settings import IngestSettings
from shared.errors import DependencyUnavailable
from shared.ports.backlog import WriteBacklog
from shared.resilience.believed import Believed, Lifetimes, Unknown
from shared.telemetry import log
from shared.writes.back_pressure import BacklogFull, Excess, excess_of

_PATIENCE_S: Final = 0.25
_OUTAGE_S: Final = 600.0
_BELIEVED_FOR_LOOKS: Final = 4


class BackPressure:
    """The door for writes that add to the backlog. Where this cannot be measured, it is open. For one event loop."""

    def __init__(self, backlog: WriteBacklog, settings: IngestSettings, *, patience_s: float = _PATIENCE_S) -> None:
        """`patience_s`: how long a write waits for the first measurement."""
        look_s = settings.backlog_looked_at_every_s
        self._backlog = backlog
        self._bounds = settings.backlog_bounds
        self._retry_after_s = max(1.0, look_s)
        self._patience_s = patience_s
        self._refusing = False
        lifetimes = Lifetimes(look_s, _BELIEVED_FOR_LOOKS * look_s, max(_OUTAGE_S, _BELIEVED_FOR_LOOKS * look_s))
        self._believed = Believed[str, Excess | None](self._look, lifetimes)

    async def admit(self) -> None:
        """Let a write in.

        Raises:
            BacklogFull: too much waits already.
        """
        excess = self._believed.peek("")
        if isinstance(excess, Unknown):
            try:
                excess = await asyncio.wait_for(self._believed.get(""), self._patience_s)
            except (DependencyUnavailable, TimeoutError):
                return
        if excess is not None:
            raise BacklogFull(excess, self._retry_after_s)

    def _look(self, _: str) -> Excess | None:
        """Measure, and decide. Runs in a thread, once at a time."""
        try:
            backlog = self._backlog.measure()
        except DependencyUnavailable as error:
            log("WARNING", "backlog of writes cannot be measured", reason=str(error))
            raise
        excess = excess_of(backlog, self._bounds, refusing=self._refusing)
        if (excess is not None) is not self._refusing:
            self._refusing = excess is not None
            log(
                "WARNING" if self._refusing else "NOTICE",
                "writes are refused: the backlog is full" if self._refusing else "writes are taken again",
                messages=backlog.messages,
                size_bytes=backlog.size_bytes,
                oldest_s=round(backlog.oldest_s, 1),
            )
        return excess
