"""Token buckets that all instances share: one number a key, moved by a script, at Redis's own time."""

from typing import Final

from shared.adapters.redis.connection import RedisConnection
from shared.domain.rate_limit import RateLimit

# `shared/domain/rate_limit.py` for several tokens at once.
_LEASE: Final = """
local time = redis.call('TIME')
local now = time[1] + time[2] / 1e6
local interval, burst, wanted = 1 / tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local full_at = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now)
local free = math.floor(burst - (full_at - now) / interval + 1e-6)
if free < 1 then
    return {0, string.format('%.6f', full_at - (burst - 1) * interval - now)}
end
local granted = math.min(free, wanted)
full_at = full_at + granted * interval
redis.call('SET', KEYS[1], string.format('%.6f', full_at), 'PX', math.ceil((full_at - now) * 1000) + 1000)
return {granted, '0'}
"""


class RedisBuckets:
    """The shared buckets of `shared.serving.buckets`."""

    def __init__(self, connection: RedisConnection) -> None:
        self._connection = connection

    @property
    def is_away(self) -> bool:
        """As the protocol."""
        return self._connection.is_away

    def lease(self, key_id: str, rate: RateLimit, wanted: int) -> tuple[int, float]:
        """As the protocol."""
        answer = self._connection.call(
            "lease",
            lambda redis: redis.eval(_LEASE, 1, f"swell:rate:{key_id}", str(rate.per_s), str(rate.burst), str(wanted)),
        )
        granted, wait_s = answer
        return int(granted), float(wait_s)
