"""Schedules publish each tick once, and none that is past."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from threading import Event as Signal
from zoneinfo import ZoneInfo

import pytest

from shared.adapters.stored.jobs import StoredJobs
from shared.errors import DependencyUnavailable
from shared.events.codec import from_message
from shared.events.index import SweepDueV1
from shared.ports.clock import SystemClock
from shared.ports.publisher import Message
from shared.topology import Schedule
from swell.local.schedules import Schedules, last_due, run_schedules, tick_message
from tests.fakes.clock import FrozenClock
from tests.fakes.publisher import RecordingPublisher
from tests.fakes.state import InMemoryState

_NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def _every(cron: str, time_zone: str = "Etc/UTC") -> Schedule:
    return Schedule(cron=cron, time_zone=time_zone, topic="sweeps", event=SweepDueV1.type, body={})


def test_a_schedule_is_due_once_for_each_moment() -> None:
    """Looking often publishes no more, and each tick says its own moment."""
    clock, publisher = FrozenClock(_NOON - timedelta(seconds=1)), RecordingPublisher()
    schedules = Schedules({"sweep": _every("*/10 * * * *")}, publisher, clock)

    looks = []
    for seconds in (0, 1, 0, 30, 569, 600):
        clock.advance(timedelta(seconds=seconds))
        looks.append(schedules.publish_due())

    assert [[], ["sweep"], [], [], [], ["sweep"]] == looks
    times = [message.attributes["ce-time"] for message in publisher.take("sweeps")]
    assert ["2026-06-01T12:00:00+00:00", "2026-06-01T12:10:00+00:00"] == times


def test_what_was_missed_is_published_once() -> None:
    """After a night asleep there is one sweep, not one for every ten minutes of it."""
    clock, publisher = FrozenClock(_NOON), RecordingPublisher()
    schedules = Schedules({"sweep": _every("*/10 * * * *")}, publisher, clock)

    clock.advance(timedelta(hours=8, minutes=5))
    schedules.publish_due()

    (message,) = publisher.take("sweeps")
    assert "2026-06-01T20:00:00+00:00" == message.attributes["ce-time"]


def test_nothing_is_due_at_the_start() -> None:
    """The moment of starting is no tick, whatever came before it."""
    schedules = Schedules({"sweep": _every("*/10 * * * *")}, RecordingPublisher(), FrozenClock(_NOON))

    assert [] == schedules.publish_due()


def test_cron_fields_are_in_their_time_zone() -> None:
    """Eight in the morning in Paris is six in UTC in summer and seven in winter."""
    schedule = _every("0 8 * * *", "Europe/Paris")

    summer = last_due(schedule, _NOON - timedelta(days=1), _NOON)
    winter = last_due(schedule, _NOON + timedelta(days=180), _NOON + timedelta(days=181))

    assert [6, 7] == [moment.astimezone(UTC).hour for moment in (summer, winter) if moment]


def test_a_clock_that_went_back_publishes_nothing_again() -> None:
    """The moment that was published already lies ahead, and comes once more when the clock gets there."""
    clock, publisher = FrozenClock(_NOON), RecordingPublisher()
    schedules = Schedules({"sweep": _every("*/10 * * * *")}, publisher, clock)

    clock.advance(timedelta(minutes=-30))
    looks = [schedules.publish_due()]
    clock.advance(timedelta(minutes=9))
    looks.append(schedules.publish_due())

    assert [[], []] == looks


def test_a_tick_is_an_event_with_an_identity_of_its_moment() -> None:
    """Two processes that publish the same tick publish the same event."""
    schedule = _every("*/10 * * * *")

    messages = [tick_message("sweep", schedule, moment) for moment in (_NOON, _NOON.astimezone(ZoneInfo("Asia/Tokyo")))]

    events = [from_message(message.data, message.attributes) for message in messages]
    assert [SweepDueV1, SweepDueV1] == [type(event) for event in events]
    assert events[0].occurred_at == events[1].occurred_at == _NOON


def test_a_tick_that_the_broker_refused_stays_due() -> None:
    """The next look publishes it."""

    class Refuses(RecordingPublisher):
        refusals = 1

        def publish(self, messages: Sequence[Message]) -> None:
            if self.refusals:
                self.refusals -= 1
                raise DependencyUnavailable("no broker")
            super().publish(messages)

    clock, publisher = FrozenClock(_NOON), Refuses()
    schedules = Schedules({"sweep": _every("*/10 * * * *")}, publisher, clock)
    clock.advance(timedelta(minutes=10))

    with pytest.raises(DependencyUnavailable):
        schedules.publish_due()
    again = schedules.publish_due()

    assert ["sweep"] == again


def test_the_pause_ends_with_the_next_tick_and_is_never_long() -> None:
    """A clock that was set is noticed within half a minute."""
    clock = FrozenClock(_NOON + timedelta(minutes=9, seconds=50))
    schedules = Schedules({"sweep": _every("*/10 * * * *")}, RecordingPublisher(), clock)

    short = schedules.pause()
    clock.advance(timedelta(minutes=1))
    long = schedules.pause()

    assert (timedelta(seconds=10), timedelta(seconds=30)) == (short, long)


def test_the_thread_ends_with_its_block() -> None:
    """Leaving the block stops it at once, also in the middle of a pause."""
    started = Signal()

    class Tells(SystemClock):
        def now(self) -> datetime:
            started.set()
            return super().now()

    with run_schedules({"sweep": _every("*/10 * * * *")}, RecordingPublisher(), Tells(), StoredJobs(InMemoryState())):
        assert started.wait(5)
