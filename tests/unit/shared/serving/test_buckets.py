"""Token buckets by key: local, leased from a shared one, and without it."""

import asyncio

from shared.auth.caller import Caller
from shared.auth.scope import Scope
from shared.domain.rate_limit import RateLimit, take
from shared.domain.tier import Tier
from shared.errors import DependencyUnavailable
from shared.serving.buckets import Buckets
from tests.fakes.monotonic import ManualSeconds

RATES = {tier: RateLimit(10, 5) for tier in Tier}


def _caller(key_id: str, rate: RateLimit | None = None) -> Caller:
    return Caller(key_id, "acme", Tier.STANDARD, frozenset(Scope), rate=rate)


class _Shared:
    """The shared bucket in memory; can be away."""

    def __init__(self, seconds: ManualSeconds) -> None:
        self.calls, self.is_away, self.fails = 0, False, False
        self._seconds = seconds
        self._full_at_s: dict[str, float] = {}

    def lease(self, key_id: str, rate: RateLimit, wanted: int) -> tuple[int, float]:
        self.calls += 1
        if self.fails:
            self.is_away = True
            raise DependencyUnavailable("away")
        granted, wait_s = 0, 0.0
        while granted < wanted and not wait_s:
            taken = take(self._full_at_s.get(key_id, 0.0), self._seconds(), rate)
            self._full_at_s[key_id], wait_s = taken.full_at_s, max(0.0, taken.wait_s)
            granted += not wait_s
        return granted, 0.0 if granted else wait_s


async def _takes(buckets: Buckets, caller: Caller, count: int) -> int:
    return [await buckets.take(caller) for _ in range(count)].count(0)


def test_each_key_has_a_bucket_of_its_own() -> None:
    """A key that spends all of its tokens takes none of another's."""

    async def course() -> list[int]:
        buckets = Buckets(RATES, monotonic_s=ManualSeconds())
        return [await _takes(buckets, _caller(key), 20) for key in ("a", "b")]

    assert [5, 5] == asyncio.run(course())


def test_a_refusal_says_when_to_come_again() -> None:
    """And then there is a token."""

    async def course() -> tuple[float, float]:
        seconds = ManualSeconds()
        buckets, caller = Buckets(RATES, monotonic_s=seconds), _caller("a")
        await _takes(buckets, caller, 5)
        wait_s = await buckets.take(caller)
        seconds.advance(wait_s)
        return wait_s, await buckets.take(caller)

    wait_s, then = asyncio.run(course())
    assert (0.1, 0.0) == (round(wait_s, 6), then)


def test_a_keys_own_rate_is_what_counts() -> None:
    """Not that of its tier."""

    async def course() -> int:
        return await _takes(Buckets(RATES, monotonic_s=ManualSeconds()), _caller("a", RateLimit(1, 2)), 20)

    assert 2 == asyncio.run(course())


def test_instances_share_one_bucket_and_ask_it_seldom() -> None:
    """Two instances together let in what one would, a few tokens a question."""
    seconds = ManualSeconds()
    shared, caller = _Shared(seconds), _caller("a", RateLimit(1000, 400))

    async def course() -> int:
        instances = [Buckets(RATES, shared, monotonic_s=seconds, patience_s=30) for _ in range(2)]
        return sum([await _takes(instance, caller, 250) for instance in instances for _ in range(2)])

    let_in = asyncio.run(course())
    assert (400, True) == (let_in, shared.calls < 100)


def test_requests_that_come_together_all_find_their_tokens() -> None:
    """However small a lease is: whoever the shared bucket has a token for is let in, and nobody else."""
    seconds = ManualSeconds()
    shared, caller = _Shared(seconds), _caller("a", RateLimit(17, 34))

    async def course() -> list[float]:
        buckets = Buckets(RATES, shared, monotonic_s=seconds, patience_s=30)
        return await asyncio.gather(*(buckets.take(caller) for _ in range(40)))

    waits_s = asyncio.run(course())
    assert (34, 6) == (waits_s.count(0), sum(0 < wait_s <= 1 / 17 + 1e-9 for wait_s in waits_s))


def test_without_the_shared_bucket_each_instance_goes_on_alone() -> None:
    """An outage is no outage: the local bucket counts, and no request fails."""
    seconds = ManualSeconds()
    shared, caller = _Shared(seconds), _caller("a")
    shared.fails = True

    async def course() -> int:
        return await _takes(Buckets(RATES, shared, monotonic_s=seconds, patience_s=30), caller, 20)

    assert (5, 1) == (asyncio.run(course()), shared.calls)


def test_shares_are_spread_evenly() -> None:
    """Half of the requests is every second one."""
    buckets = Buckets(RATES, monotonic_s=ManualSeconds())

    spread = [buckets.let_in(_caller("a"), 0.5) for _ in range(6)]
    most = [buckets.let_in(_caller("b"), 0.8) for _ in range(100)].count(True)
    none = [buckets.let_in(_caller("c"), 0.0) for _ in range(10)]

    assert ([False, True] * 3, 80, False) == (spread, most, any(none))
