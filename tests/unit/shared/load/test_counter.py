"""What an instance counts of its requests, and what all instances of a region come to."""

from datetime import UTC, datetime, timedelta

from shared.adapters.stored.load_metrics import StoredLoadMetrics
from shared.domain.tier import Tier
from shared.load.counter import LoadCounter, Machine
from tests.fakes.clock import FrozenClock
from tests.fakes.state import InMemoryState

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


class Instance:
    """A process whose processor time and memory the test sets."""

    def __init__(self, clock: FrozenClock) -> None:
        self.cpu_s = 0.0
        self.clock = clock
        self.counter = LoadCounter(clock, Machine(lambda: self.cpu_s, 2.0, lambda: 0.25))

    def answer(
        self, seconds: float, status: int = 200, *, dependency_failed: bool = False, tier: Tier | None = None
    ) -> None:
        """One request after the other."""
        self.counter.begun()
        self.clock.advance(timedelta(seconds=seconds))
        self.counter.ended(
            duration_s=seconds, status=status, dependency_failed=dependency_failed, egress_bytes=1000, tier=tier
        )


def test_a_minute_is_counted_once_it_is_over() -> None:
    """Requests, their time in flight, errors and bytes belong to the minute in which they ended."""
    clock = FrozenClock(NOON)
    instance = Instance(clock)

    instance.answer(6.0)
    instance.answer(12.0, status=503, dependency_failed=True)
    instance.cpu_s = 24.0
    assert instance.counter.minutes() == []
    clock.advance(timedelta(seconds=50))

    (minute,) = instance.counter.minutes()
    assert (minute.minute, minute.requests, minute.errors, minute.dependency_errors) == (NOON, 2, 1, 1)
    assert (minute.up_ms, minute.busy_ms, minute.active_ms, minute.cpu_ms) == (60_000, 18_000, 18_000, 24_000)
    assert minute.egress_bytes == 2000


def test_refusals_at_the_door_are_requests_and_failures() -> None:
    """Counted many at a time; scaling sees that they were asked."""
    clock = FrozenClock(NOON)
    instance = Instance(clock)

    instance.answer(1.0)
    instance.counter.refused(40, tier=Tier.FREE, status=503, egress_bytes=4000)
    instance.counter.refused(2, tier=Tier.FREE, status=429, egress_bytes=200)
    clock.advance(timedelta(minutes=1))

    (minute,) = instance.counter.minutes()
    assert (minute.requests, minute.errors, minute.egress_bytes) == (43, 40, 5200)
    assert (minute.latencies[0], minute.by_tier) == (42, {Tier.FREE: 42})


def test_a_request_over_several_minutes_is_in_flight_in_each_of_them() -> None:
    """Concurrency is the mean over time; a long request does not count for its last minute alone."""
    clock = FrozenClock(NOON + timedelta(seconds=30))
    instance = Instance(clock)

    instance.answer(120.0)
    clock.advance(timedelta(seconds=60))

    assert [(one.requests, one.up_ms, one.busy_ms) for one in instance.counter.minutes()] == [
        (0, 30_000, 30_000),
        (0, 60_000, 60_000),
        (1, 60_000, 30_000),
    ]


def test_requests_at_the_same_time_add_up_in_flight_and_not_in_activity() -> None:
    """Two requests of ten seconds at once are twenty seconds in flight, ten of activity."""
    clock = FrozenClock(NOON)
    instance = Instance(clock)

    instance.counter.begun()
    instance.answer(10.0)
    instance.counter.ended(duration_s=10.0, status=200, dependency_failed=False, egress_bytes=0)
    clock.advance(timedelta(minutes=1))

    (minute,) = instance.counter.minutes()
    assert (minute.busy_ms, minute.active_ms) == (20_000, 10_000)


def test_a_region_is_the_sum_of_its_instances() -> None:
    """Counts add up, shares are of all instances together, the quantile is that of all requests."""
    clock, state = FrozenClock(NOON), InMemoryState()
    metrics = StoredLoadMetrics(state, ("us-east1", "us-west1"))
    quick, slow = Instance(clock), Instance(clock)
    for _ in range(98):
        quick.answer(0.004, tier=Tier.FREE)
    for tier in (Tier.PREMIUM, None):
        slow.answer(0.150, tier=tier)
    quick.cpu_s, slow.cpu_s = 30.0, 90.0
    clock.advance(timedelta(minutes=1))
    now = clock.now()
    metrics.report("us-east1", "quick", quick.counter.minutes(), now)
    metrics.report("us-east1", "slow", slow.counter.minutes(), now)
    metrics.report("us-east1", "slow", slow.counter.minutes(), now)

    (minute,) = metrics.minutes(NOON, now)

    assert (minute.region, minute.minute, minute.requests, minute.instances) == ("us-east1", NOON, 100, 2)
    assert minute.cpu == 120.0 / (2 * 2 * 60)
    assert minute.p99_ms == 150.0
    assert minute.by_tier == {Tier.FREE: 98, Tier.STANDARD: 0, Tier.PREMIUM: 1}
    assert minute.measured_at == now
    assert metrics.minutes(NOON - timedelta(minutes=5), NOON) == []
