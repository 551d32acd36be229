"""How a request may be made."""

from typing import Literal, TypeAlias

ProtocolName: TypeAlias = Literal["http1", "http2", "sse", "websocket", "grpc"]
