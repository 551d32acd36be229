"""Answers that all instances share, for as long as their version is likely to be the newest."""

from typing import Final, cast

from shared.adapters.redis.connection import RedisConnection

_KEPT_S: Final = 600
"""Keys hold the version: what is kept never becomes wrong, only useless. Redis evicts sooner if it must."""


class RedisAnswers:
    """The shared answers of query."""

    def __init__(self, connection: RedisConnection) -> None:
        self._connection = connection

    @property
    def is_away(self) -> bool:
        """As the protocol."""
        return self._connection.is_away

    def get(self, key: bytes) -> bytes | None:
        """As the protocol."""
        return cast("bytes | None", self._connection.call("get", lambda redis: redis.get(b"swell:answer:" + key)))

    def put(self, key: bytes, content: bytes) -> None:
        """As the protocol."""
        self._connection.call("set", lambda redis: redis.set(b"swell:answer:" + key, content, ex=_KEPT_S))
