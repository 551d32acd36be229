"""Settings of query."""

from pydantic import Field

from shared.settings import CacheSettings


class QuerySettings(CacheSettings):
    """Where query keeps segments, and how old its view of the heads may be."""

    staleness_ms: int = Field(
        default=1000,
        ge=0,
        le=60_000,
        description="a read of consistency eventual may be this far behind; one state read a second and collection",
    )
