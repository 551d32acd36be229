"""Settings of index update."""

from pydantic import Field

from shared.settings import CacheSettings


class IndexUpdateSettings(CacheSettings):
    """Where compaction keeps segments, and when it runs."""

    base_from_rows: int = Field(
        default=20_000,
        ge=1,
        description="from this size on a merged segment gets a forest: an exact scan would cost more (0.8 ms)",
    )
