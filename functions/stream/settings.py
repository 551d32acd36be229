"""Settings of stream."""

from typing import Literal

from pydantic import Field

from shared.edge import EdgeSettings
from shared.settings import CacheSettings


class StreamSettings(CacheSettings, EdgeSettings):
    """How often stream looks for commits, and what it holds for its clients."""

    port: int = Field(default=8080, ge=0, le=65_535, description="WebSocket, HTTP/1.1 and HTTP/2 without TLS")
    grpc_port: int | None = Field(
        default=None, ge=0, le=65_535, description="gRPC; none unless given: Cloud Run sends a service one port"
    )
    host: str = Field(default="127.0.0.1", description="the address to listen on; a container listens on 0.0.0.0")
    poll_ms: int = Field(
        default=1000,
        ge=10,
        le=60_000,
        description="heads are looked at this often: 1 + shards document reads a followed collection and instance",
    )
    follows: Literal["region", "home"] = Field(
        default="region",
        description="region: the copies of the region that this function runs in; home: what is committed, wherever "
        "that is: for a function that belongs to no region, as where one machine shows several",
    )
    heartbeat_s: float = Field(
        default=15.0, gt=0, le=300, description="below the 60 s after which many proxies end a silent connection"
    )
    outbox_frames: int = Field(
        default=256,
        ge=8,
        description="frames that wait for a slow reader, beside two a subscription; then it is dropped",
    )
    connections_per_key: int = Field(default=100, ge=1, description="connections of one key to one instance")
    subscriptions_per_key: int = Field(
        default=10_000,
        ge=1,
        description="standing queries of one key in one instance: some 20 MB of vectors and answers",
    )
