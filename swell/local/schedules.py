"""The schedules of topology.yaml on this machine, in the place of Cloud Scheduler: ticks published at set times."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Event
from typing import Final
from zoneinfo import ZoneInfo

import orjson
from croniter import croniter

from shared.adapters.stored.jobs import StoredJobs
from shared.errors import DependencyUnavailable
from shared.events.event import event_id_of
from shared.ports.clock import Clock
from shared.ports.publisher import Message, Publisher
from shared.telemetry import log
from shared.topology import Schedule, Topology
from swell.local.crowd_clock import CROWD_FUNCTIONS, pause_s
from swell.local.threads import in_thread

_LONGEST_PAUSE: Final = timedelta(seconds=30)
"""A machine that slept, or whose clock was set, notices after this."""


JOBS_EVERY: Final = timedelta(seconds=5)
"""How late a one-shot job may be."""


def last_due(schedule: Schedule, after: datetime, until: datetime) -> datetime | None:
    """The last moment of a schedule in (after, until], None where there is none. Missed ones are not made up for."""
    moment = _cron(schedule, until + timedelta(microseconds=1)).get_prev(datetime)
    return moment if moment > after else None


def tick_message(name: str, schedule: Schedule, at: datetime) -> Message:
    """What a schedule publishes at a moment; published twice, it has the same id."""
    return Message(
        topic=schedule.topic,
        data=orjson.dumps(schedule.body),
        attributes={
            "ce-specversion": "1.0",
            "ce-id": event_id_of(schedule.event, name, at.isoformat()),
            "ce-type": schedule.event,
            "ce-source": f"//swell.dev/schedules/{name}",
            "ce-time": at.isoformat(),
            "content-type": "application/json",
        },
    )


class Schedules:
    """Publishes what is due since the last look, which begins when this is made."""

    def __init__(self, schedules: Mapping[str, Schedule], publisher: Publisher, clock: Clock) -> None:
        self._schedules = schedules
        self._publisher = publisher
        self._clock = clock
        self._seen = dict.fromkeys(schedules, clock.now())

    def publish_due(self) -> list[str]:
        """The schedules whose moment has come since the last look; one that was not published stays due.

        Raises:
            DependencyUnavailable: the broker does not take a tick; the next look tries again.
        """
        now = self._clock.now()
        published = []
        for name, schedule in self._schedules.items():
            at = last_due(schedule, self._seen[name], now)
            if at is not None:
                self._publisher.publish([tick_message(name, schedule, at)])
                published.append(name)
            self._seen[name] = now
        return published

    def pause(self) -> timedelta:
        """How long nothing will be due, at most half a minute."""
        now = self._clock.now()
        due = [_cron(schedule, now).get_next(datetime) - now for schedule in self._schedules.values()]
        return min([*due, _LONGEST_PAUSE])


def of_crowds(topology: Topology) -> tuple[dict[str, Schedule], dict[str, Schedule]]:
    """The schedules of the functions that expect crowds, and the others: they may go by two clocks."""
    topics = {each.topic for each in topology.subscriptions.values() if each.push_function in CROWD_FUNCTIONS}
    crowds = {name: schedule for name, schedule in topology.schedules.items() if schedule.topic in topics}
    return crowds, {name: schedule for name, schedule in topology.schedules.items() if name not in crowds}


@contextmanager
def run_schedules(
    schedules: Mapping[str, Schedule], publisher: Publisher, clock: Clock, jobs: StoredJobs | None = None
) -> Iterator[None]:
    """Publish ticks, and one-shot jobs if there are any, from a thread until the block ends."""
    running = Schedules(schedules, publisher, clock)

    def run(stopped: Event) -> None:
        while not stopped.wait(pause_s(clock, min(running.pause(), JOBS_EVERY))):
            try:
                running.publish_due()
                if jobs is not None:
                    jobs.publish_due(publisher, clock.now())
            except DependencyUnavailable as error:
                log("WARNING", "tick not published", reason=str(error))

    with in_thread("schedules", run):
        yield


def _cron(schedule: Schedule, start: datetime) -> croniter:
    return croniter(schedule.cron, start.astimezone(ZoneInfo(schedule.time_zone)))
