"""Time as the functions that expect crowds see it on this machine: its own, or one that is quicker, or stands still.

Rehearsals need no patience: a file says which moment it is and how fast time passes, and every process reads it.
Load, forecasts, plans, jobs, budgets and workflows go by it; writes, copies and leases keep the machine's own time.
"""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import orjson
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.ports.clock import Clock, SystemClock

CROWD_FUNCTIONS: Final = frozenset({"burst_prediction", "scaling", "budget_enforcement", "control"})
"""What goes by this clock, beside what counts requests."""
FOLLOWED_EVERY_S: Final = 0.1
"""How late whoever waits for a moment of a clock that was set may be."""


class CrowdClockSettings(BaseSettings):
    """Which time it is for crowds; nothing deployed reads this."""

    model_config = SettingsConfigDict(env_prefix="SWELL_", frozen=True, extra="ignore")

    clock_speed: float = Field(
        default=1.0,
        ge=1,
        le=600,
        description="60: an hour of load, forecasts, plans, budgets and workflows passes in a minute; on this machine",
    )
    crowd_clock: Path | None = Field(
        default=None, description="file of a clock that a rehearsal has set; all processes of this machine read it"
    )


class CrowdClock:
    """The clock that a file describes: the moment at which it was set, and the seconds that pass in one since."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def now(self) -> datetime:
        """As the port."""
        set_at, moment, speed = self._read()
        return moment + timedelta(seconds=max(0.0, time.time() - set_at) * speed)

    @property
    def speed(self) -> float:
        """How many seconds pass in one; 0 where it stands still."""
        return self._read()[2]

    def set(self, moment: datetime, *, speed: float) -> None:
        """Have every process that reads it go on from this moment."""
        unfinished = self.path.with_suffix(".new")
        self.path.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_bytes(orjson.dumps({"set_at_s": time.time(), "moment": moment.isoformat(), "speed": speed}))
        unfinished.replace(self.path)

    def _read(self) -> tuple[float, datetime, float]:
        document = orjson.loads(self.path.read_bytes())
        return document["set_at_s"], datetime.fromisoformat(document["moment"]), document["speed"]


def crowd_clock(data_dir: Path) -> Clock:
    """The clock that the settings name: one that was set, one that is quicker than the machine's, or the machine's.

    A quicker one goes on from where an earlier run on the same data left it, since time must not go back.
    """
    settings = CrowdClockSettings()
    if settings.crowd_clock is not None:
        return CrowdClock(settings.crowd_clock)
    if settings.clock_speed == 1:
        return SystemClock()
    clock, real = CrowdClock(data_dir / "clock.json"), datetime.now(UTC)
    clock.set(max(clock.now(), real) if clock.path.exists() else real, speed=settings.clock_speed)
    return clock


def clock_environment(clock: Clock) -> dict[str, str]:
    """What a child process is given so that it goes by the same clock."""
    return {"SWELL_CROWD_CLOCK": str(clock.path)} if isinstance(clock, CrowdClock) else {}


def pause_s(clock: Clock, pause: timedelta) -> float:
    """How many of the machine's seconds a pause lasts at most; a clock that was set may be set again meanwhile."""
    seconds = pause / timedelta(seconds=1)
    if not isinstance(clock, CrowdClock):
        return seconds
    speed = clock.speed
    return min(seconds / speed, FOLLOWED_EVERY_S) if speed else FOLLOWED_EVERY_S
