"""How fast each key may go: a token bucket a key, of this instance alone or shared by all."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from shared.auth.caller import Caller
from shared.domain.rate_limit import RateLimit, take
from shared.domain.tier import Tier

_KEPT: Final = 10_000
_LEASE_S: Final = 0.1
"""What an instance takes from a shared bucket at a time: tokens for so long, at the key's full rate."""
_LEASE_KEPT_S: Final = 1.0
_PATIENCE_S: Final = 0.05
"""How long a request waits for a lease before it is counted here alone."""
_ASK_AGAIN_S: Final = 0.01
"""An empty bucket is not asked again sooner, however fast it fills: refusals must cost nothing."""


class SharedBuckets(Protocol):
    """The buckets of all instances."""

    @property
    def is_away(self) -> bool:
        """Whether it failed just now, so that asking again is of no use yet."""
        ...

    def lease(self, key_id: str, rate: RateLimit, wanted: int) -> tuple[int, float]:
        """Up to `wanted` tokens; where there is none, how long until the next one. May block.

        Raises:
            DependencyUnavailable: the buckets cannot be reached.
        """
        ...


@dataclass(slots=True)
class _Bucket:
    full_at_s: float = 0.0
    share: float = 0.0
    leased: int = 0
    leased_at_s: float = 0.0
    waiting: int = 0
    empty_until_s: float = 0.0
    leasing: "asyncio.Task[None] | None" = None


class Buckets:
    """Takes tokens on the event loop. A shared bucket is asked ahead of need, for several tokens at once."""

    def __init__(
        self,
        rates: Mapping[Tier, RateLimit],
        shared: SharedBuckets | None = None,
        *,
        monotonic_s: Callable[[], float] = time.monotonic,
        patience_s: float = _PATIENCE_S,
    ) -> None:
        self._rates = rates
        self._shared = shared
        self._patience_s = patience_s
        self._monotonic_s = monotonic_s
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def rate_of(self, caller: Caller) -> RateLimit:
        """The key's own rate, or that of its tier."""
        return caller.rate or self._rates[caller.tier]

    def let_in(self, caller: Caller, share: float) -> bool:
        """Whether this request is in the part of the key's requests that is let in, evenly spread."""
        bucket = self._bucket(caller.key_id)
        bucket.share += share
        if bucket.share < 1.0 - 1e-9:
            return False
        bucket.share -= 1.0
        return True

    def known_wait_s(self, caller: Caller) -> float:
        """How long until the key has its next token, as far as that is known here; takes none."""
        bucket, now_s = self._bucket(caller.key_id), self._monotonic_s()
        if self._shared is None or self._shared.is_away:
            return max(0.0, take(bucket.full_at_s, now_s, self.rate_of(caller)).wait_s)
        return 0.0 if bucket.leased else max(0.0, bucket.empty_until_s - now_s)

    async def take(self, caller: Caller) -> float:
        """Take a token: 0, or how long to wait for one, in seconds. Never fails, and never waits for an outage."""
        bucket = self._bucket(caller.key_id)
        if self._shared is None or self._shared.is_away:
            return self._take_local(bucket, caller)
        return await self._take_leased(bucket, caller, self._shared)

    def _take_local(self, bucket: _Bucket, caller: Caller) -> float:
        taken = take(bucket.full_at_s, self._monotonic_s(), self.rate_of(caller))
        bucket.full_at_s = taken.full_at_s
        return max(0.0, taken.wait_s)

    async def _take_leased(self, bucket: _Bucket, caller: Caller, shared: SharedBuckets) -> float:
        if self._monotonic_s() - bucket.leased_at_s > _LEASE_KEPT_S:
            bucket.leased = 0  # tokens that lay about: by now the shared bucket has made new ones
        if not bucket.leased and bucket.empty_until_s > self._monotonic_s():
            return bucket.empty_until_s - self._monotonic_s()
        rate = self.rate_of(caller)
        size = max(1, min(rate.burst // 4, round(rate.per_s * _LEASE_S)))
        if bucket.leased <= size // 2 and bucket.leasing is None:
            bucket.leasing = asyncio.get_running_loop().create_task(self._lease(bucket, caller, shared, size))
        if bucket.leased:
            bucket.leased -= 1
            return 0.0
        bucket.waiting += 1
        try:
            return await self._take_next(bucket, caller, shared, size)
        finally:
            bucket.waiting -= 1

    async def _take_next(self, bucket: _Bucket, caller: Caller, shared: SharedBuckets, size: int) -> float:
        """A token of the lease under way, or of one more: requests that come together may be more than a lease."""
        loop = asyncio.get_running_loop()
        patient_until_s = loop.time() + self._patience_s
        while not bucket.leased:
            if bucket.leasing is None:
                if bucket.empty_until_s > self._monotonic_s():
                    return bucket.empty_until_s - self._monotonic_s()
                bucket.leasing = loop.create_task(self._lease(bucket, caller, shared, size))
            task = bucket.leasing
            done, _ = await asyncio.wait([task], timeout=patient_until_s - loop.time())
            if not done or task.exception() is not None:
                return self._take_local(bucket, caller)
        bucket.leased -= 1
        return 0.0

    async def _lease(self, bucket: _Bucket, caller: Caller, shared: SharedBuckets, size: int) -> None:
        wanted = max(size, bucket.waiting)
        try:
            granted, wait_s = await asyncio.get_running_loop().run_in_executor(
                None, shared.lease, caller.key_id, self.rate_of(caller), wanted
            )
        finally:
            bucket.leasing = None
        bucket.leased += granted
        bucket.leased_at_s = self._monotonic_s()
        bucket.empty_until_s = 0.0 if granted else bucket.leased_at_s + max(wait_s, _ASK_AGAIN_S)

    def _bucket(self, key_id: str) -> _Bucket:
        bucket = self._buckets.get(key_id)
        if bucket is None:
            bucket = self._buckets[key_id] = _Bucket()
            if len(self._buckets) > _KEPT:
                self._buckets.popitem(last=False)
        else:
            self._buckets.move_to_end(key_id)
        return bucket
