"""Settings of index update."""

from datetime import timedelta

from pydantic import Field

from functions.index_update.sweeping.retention import Retention
from shared.index.compaction import DEFAULT_POLICY
from shared.settings import CacheSettings


class IndexUpdateSettings(CacheSettings):
    """Where segments are kept while they are merged, when they are merged, and how long the old ones stay."""

    base_from_rows: int = Field(
        default=DEFAULT_POLICY.base_from_rows,
        ge=1,
        description="from this size on a merged segment gets a forest: an exact scan would cost more",
    )
    only_own_home: bool = Field(
        default=False,
        description="commit only what is at home in this region, though the buckets of others are known: "
        "where every region has an index update",
    )
    grace_s: int = Field(
        default=3_600,
        ge=60,
        description="the longest life of a function, 60 minutes on Cloud Run: who began earlier is done or cut off",
    )
    history_s: int = Field(
        default=604_800,
        ge=0,
        description="superseded versions are kept this long, to go back to: as long as mutations can be replayed",
    )
    history_step_s: int = Field(
        default=3_600,
        ge=60,
        description="one superseded version is kept for each such step: 168 in a week, each a small object",
    )

    @property
    def retention(self) -> Retention:
        """How long objects are kept."""
        return Retention(
            grace=timedelta(seconds=self.grace_s),
            history=timedelta(seconds=self.history_s),
            history_step=timedelta(seconds=self.history_step_s),
        )
