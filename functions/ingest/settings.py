"""Settings of ingest."""

from pydantic import Field

from shared.edge import EdgeSettings
from shared.writes.back_pressure import BacklogBounds


class IngestSettings(EdgeSettings):
    """How much may wait to be committed before upserts and updates are refused, over all collections."""

    backlog_max_messages: int = Field(
        default=10_000,
        ge=1,
        description="accepted requests, once for each shard: a full one has 1,000 records, "
        "and index update commits 64 together",
    )
    backlog_max_bytes: int = Field(
        default=2_000_000_000,
        ge=1_000_000,
        description="their messages; larger payloads wait as objects and count as a few hundred bytes",
    )
    backlog_max_age_s: float = Field(
        default=600.0,
        gt=0,
        description="of the oldest, where a hundredth of backlog_max_messages wait: what is accepted is found in ten "
        "minutes; a single write that cannot be committed is parked after 40",
    )
    backlog_looked_at_every_s: float = Field(
        default=1.0,
        gt=0,
        description="how often the backlog is measured while there are writes; Cloud Monitoring is asked no more often "
        "than twice a minute, and shows what was two to four minutes ago",
    )

    @property
    def backlog_bounds(self) -> BacklogBounds:
        """The bounds together."""
        return BacklogBounds(
            self.backlog_max_messages,
            self.backlog_max_bytes,
            self.backlog_max_age_s,
            aged_from_messages=max(1, self.backlog_max_messages // 100),
        )
