"""Settings of query."""

from typing import Literal

from pydantic import Field

from shared.settings import CacheSettings


class QuerySettings(CacheSettings):
    """Where query keeps segments, and how old its view of the heads may be."""

    staleness_ms: int = Field(
        default=1000,
        ge=0,
        le=60_000,
        description="a read of consistency eventual may be this far behind; the state is read anew after half of it, "
        "at most twice a second and collection, so that nobody waits while a new version is opened",
    )
    outage_staleness_ms: int = Field(
        default=60_000,
        ge=0,
        le=3_600_000,
        description="and this far while the state store is away; such answers say `stale`. A minute is the longest "
        "staleness that a caller can ask for",
    )
    batch_at_most: int = Field(
        default=100,
        ge=1,
        le=100,
        description="queries that one call of the engine may answer; 1 turns batching off, to compare",
    )
    answers_max_bytes: int = Field(
        default=64_000_000,
        ge=0,
        description="answers kept in the instance: some 50,000 of ten matches; 0 keeps none",
    )
    neighbors_max_age_s: int = Field(
        default=10,
        ge=0,
        le=3600,
        description="how long a cache between here and the client may give an answer to GET …/neighbors without asking",
    )
    neighbors_stale_s: int = Field(
        default=20,
        ge=0,
        le=3600,
        description="how much longer it may give it while it asks (stale-while-revalidate)",
    )
    neighbors_cache: Literal["private", "public"] = Field(
        default="private",
        description="public lets a CDN keep answers, and give them to whoever asks it: only where there is one tenant, "
        "or where the CDN checks keys or has them in its cache key",
    )
