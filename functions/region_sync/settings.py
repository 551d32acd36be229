"""Settings of region sync."""

from datetime import timedelta

from pydantic import Field, SecretStr

from shared.settings import Settings


class RegionSyncSettings(Settings):
    """How often the region is heard, and where its own query function answers."""

    heartbeat_s: float = Field(
        default=60.0,
        ge=0.5,
        le=3600,
        description="others are told to expect a sign of life as often; the tick's minute",
    )
    query_url: str | None = Field(
        default=None,
        pattern="^https?://",
        description="the query function of this region; without it nobody asks this region to warm anything",
    )
    query_key: SecretStr | None = Field(default=None, description="a key with scope read, for warming")

    @property
    def heartbeat(self) -> timedelta:
        """The time between two signs of life."""
        return timedelta(seconds=self.heartbeat_s)
