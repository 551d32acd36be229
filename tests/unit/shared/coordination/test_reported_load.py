"""What a region reports of its load is what was measured, and nothing else."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.coordination.member import Load
from shared.coordination.reported_load import ReportedLoad
from shared.domain.load import LoadMinute
from tests.fakes.clock import FrozenClock

EAST = "us-east1"
PROCESS = Load(cpu_share=0.25, memory_share=0.5)


@dataclass
class Minutes:
    """What instances reported."""

    known: list[LoadMinute]

    def minutes(self, since: datetime, until: datetime) -> list[LoadMinute]:
        """Those that begin in [since, until)."""
        return [each for each in self.known if since <= each.minute < until]


def minute(clock: FrozenClock, ago_min: int, *, region: str = EAST, p99_ms: float = 20.0) -> LoadMinute:
    """120 requests, 6 of them failed, on two instances."""
    began = clock.now() - timedelta(minutes=ago_min)
    return LoadMinute(region, began, 120, clock.now(), 2, concurrency=1.5, p99_ms=p99_ms, errors=6)


def test_the_newest_minute_of_the_region_is_reported() -> None:
    """With what the process measured of itself; not an older one, and not another region's."""
    clock = FrozenClock()
    known = [minute(clock, 2, p99_ms=90.0), minute(clock, 1), minute(clock, 1, region="us-west1", p99_ms=70.0)]

    load = ReportedLoad(EAST, lambda: PROCESS, Minutes(known), clock)()

    assert load == Load(
        streams=3.0,
        requests_per_s=2.0,
        p99_ms=20.0,
        error_rate=0.05,
        cpu_share=0.25,
        memory_share=0.5,
        instances_healthy=2,
        instances_total=2,
    )


def test_what_nobody_counted_is_absent() -> None:
    """A minute of long ago says nothing of now."""
    clock = FrozenClock()

    assert ReportedLoad(EAST, lambda: PROCESS, Minutes([minute(clock, 9)]), clock)() == PROCESS


def test_few_requests_have_no_99th_percentile() -> None:
    """Nor an error rate: one slow first search must not send the clients of a region elsewhere."""
    clock = FrozenClock()
    quiet = minute(clock, 1)._replace(requests=19)

    load = ReportedLoad(EAST, lambda: PROCESS, Minutes([quiet]), clock)()

    assert (load.p99_ms, load.error_rate, load.streams) == (None, None, 3.0)
