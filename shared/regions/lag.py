"""How far a region is behind home, measured: from the storing of a manifest at home to its being served here.

Targets are RUVECTOR's (section 6.3): tier 1 under 5 s, tier 2 under 60 s.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from statistics import median
from typing import Any, Final, Self

from shared.metrics import Gauge, Histogram
from shared.ports.state import Document

LAG_TARGETS_S: Final = {"tier_1": 5.0, "tier_2": 60.0}

LAG: Final = Histogram(
    "swell_replication_lag_seconds",
    "From the commit at home to its being served in a region",
    ("region",),
    buckets=(0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 600.0),
)
UNREPLICATED: Final = Gauge(
    "swell_replication_shards_behind", "Shards that a region could not bring up to date at its last look", ("region",)
)


def lag_target_s(tier: str) -> float:
    """What a region of a tier is held to; one of another tier to the laxest."""
    return LAG_TARGETS_S.get(tier, max(LAG_TARGETS_S.values()))


@dataclass(frozen=True)
class ReplicationStatus:
    """What a region found at its last look. The lags are those of the newest version of each shard."""

    region: str
    measured_at: float
    """Seconds since 1970."""
    shards: int
    behind: int
    """Shards that are still behind after it."""
    lag_p50_s: float | None
    lag_max_s: float | None
    waiting_s: float
    """How long the newest commit that is not here has been waiting, at least; 0 when all are here."""
    target_s: float

    @property
    def within_target(self) -> bool:
        """Whether the newest versions came in time, and nothing waits for longer than that."""
        return max(self.lag_max_s or 0.0, self.waiting_s) <= self.target_s

    @classmethod
    def of(
        cls,
        region: str,
        now: datetime,
        *,
        lags_s: Sequence[float],
        behind: int,
        waiting_s: float,
        target_s: float,
    ) -> Self:
        """The status after one look."""
        return cls(
            region=region,
            measured_at=now.timestamp(),
            shards=len(lags_s),
            behind=behind,
            lag_p50_s=round(median(lags_s), 3) if lags_s else None,
            lag_max_s=round(max(lags_s), 3) if lags_s else None,
            waiting_s=round(waiting_s, 3),
            target_s=target_s,
        )

    @classmethod
    def from_document(cls, document: Document) -> Self:
        """The status that a state document describes."""
        return cls(**document.data)

    def to_document(self) -> dict[str, Any]:
        """The state document."""
        return asdict(self)
