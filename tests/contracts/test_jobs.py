"""What a job for a moment promises, on Cloud Scheduler and in the state store."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from google.cloud.scheduler_v1 import CloudSchedulerClient
from google.cloud.scheduler_v1.types import Job as SchedulerJob

from shared.adapters.embedded.state import SqliteState
from shared.adapters.google.jobs import CloudSchedulerJobs
from shared.adapters.stored.jobs import StoredJobs
from shared.errors import DependencyUnavailable
from shared.ports.jobs import Job, Jobs
from shared.ports.publisher import Message
from shared.ports.state import StateStore
from tests.fakes.clock import FrozenClock
from tests.fakes.google.rest_server import connected
from tests.fakes.google.scheduler_api import SchedulerApi
from tests.fakes.publisher import RecordingPublisher
from tests.fakes.state import InMemoryState

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
TOPIC = "scaling-plans"


@dataclass(frozen=True)
class Subject:
    """The port, what passes the time, and what was published."""

    jobs: Jobs
    clock: FrozenClock
    run_due: Callable[[], object]
    published: RecordingPublisher

    def pass_minutes(self, minutes: int) -> None:
        """Minute by minute, as a scheduler lives through them."""
        for _ in range(minutes):
            self.clock.advance(timedelta(minutes=1))
            self.run_due()


@pytest.fixture(params=["memory", "sqlite", "google"])
def subject(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Subject]:
    """No jobs, at noon."""
    openers: dict[str, Callable[[], Iterator[Subject]]] = {
        "memory": lambda: iter([_stored(InMemoryState())]),
        "sqlite": lambda: _on_sqlite(tmp_path),
        "google": _on_cloud_scheduler,
    }
    yield from openers[request.param]()


def job(name: str = "plan-a", minutes: int = 5, data: bytes = b'{"a": 1}') -> Job:
    """A job so many minutes after noon."""
    attributes = {"ce-id": f"id of {name}", "ce-time": "2026-06-01T12:00:00+00:00", "content-type": "application/json"}
    return Job(name, NOON + timedelta(minutes=minutes), Message(TOPIC, data, attributes))


def test_what_is_pending_is_what_was_scheduled(subject: Subject) -> None:
    """Equal, by name, of the prefix alone; bytes, attributes, key and seconds included."""
    odd = Job(
        "plan-z",
        NOON + timedelta(hours=30, seconds=17),
        Message(TOPIC, bytes(range(256)), {"ü": "a b\n\"'/=,", "empty": ""}, "key of a row"),
    )
    for each in (odd, job("plan-b"), job("other"), job("plan-a")):
        subject.jobs.schedule(each)

    assert [job("plan-a"), job("plan-b"), odd] == subject.jobs.pending("plan-")
    assert [job("other")] == subject.jobs.pending("o")
    assert [] == subject.jobs.pending("none")


def test_a_job_is_published_at_its_minute_and_forgotten(subject: Subject) -> None:
    """Once, with its attributes; what is not due stays."""
    subject.jobs.schedule(job("plan-a", 5))
    subject.jobs.schedule(job("plan-b", 7))

    subject.pass_minutes(4)
    early = subject.published.take(TOPIC)
    subject.pass_minutes(2)

    assert [] == early
    assert [job("plan-a").message] == subject.published.take(TOPIC)
    assert [job("plan-b", 7)] == subject.jobs.pending("plan-")


def test_a_job_replaces_that_of_its_name(subject: Subject) -> None:
    """Only the last one is published, at its time."""
    for each in (job(minutes=5), job(minutes=5), job(minutes=8, data=b"later")):
        subject.jobs.schedule(each)

    pending = subject.jobs.pending("plan-")
    subject.pass_minutes(9)

    assert [job(minutes=8, data=b"later")] == pending
    assert [b"later"] == [message.data for message in subject.published.take(TOPIC)]


def test_a_cancelled_job_is_not_published(subject: Subject) -> None:
    """Cancelling what is not there is fine."""
    subject.jobs.schedule(job())

    subject.jobs.cancel("plan-a")
    subject.jobs.cancel("plan-a")
    subject.pass_minutes(9)

    assert [] == subject.jobs.pending("")
    assert [] == subject.published.take(TOPIC)


@pytest.mark.parametrize("minutes", [0, -3], ids=["this minute", "passed"])
def test_a_job_that_comes_too_late_is_published_all_the_same(subject: Subject, minutes: int) -> None:
    """Not in a year."""
    subject.jobs.schedule(job(minutes=minutes))
    subject.pass_minutes(1)

    assert [job().message] == subject.published.take(TOPIC)
    assert [] == subject.jobs.pending("")


@pytest.mark.parametrize(
    "wrong",
    [
        replace(job(), name="plan a"),
        replace(job(), name=""),
        replace(job(), name="a" * 201),
        replace(job(), at=datetime(2026, 6, 1, 12)),  # noqa: DTZ001 - that is what is refused
        replace(job(), message=Message(TOPIC, b"")),
        job(data=b"x" * 1_000_001),
    ],
    ids=["space", "no name", "long name", "no offset", "empty message", "large message"],
)
def test_what_cannot_be_scheduled_is_refused(subject: Subject, wrong: Job) -> None:
    """Before anything is asked."""
    with pytest.raises(ValueError, match=r"plan|job|message"):
        subject.jobs.schedule(wrong)
    assert [] == subject.jobs.pending("")


def test_a_published_job_does_not_come_again_in_a_year() -> None:
    """A cron line has no year: the next look removes the job, and leaves the schedules of others alone."""
    with _scheduler() as (api, jobs):
        jobs.schedule(job())
        other = f"{_name('x').rpartition('/')[0]}/prediction-tick"
        api.jobs[other] = SchedulerJob(name=other, schedule="* * * * *")
        api.clock.advance(timedelta(minutes=5))
        api.run_due()
        again: Any = api.jobs[_name("plan-a")].schedule_time

        jobs.pending("other-")

    assert 2027 == again.year
    assert [other] == list(api.jobs)


def test_a_job_that_could_not_be_published_stays_for_a_day() -> None:
    """Cloud Scheduler tries again; after a day nobody does."""
    with _scheduler() as (api, jobs):
        jobs.schedule(job())
        api.clock.advance(timedelta(minutes=5))
        api.run_due(fails=True)

        tried = jobs.pending("plan-")
        api.clock.advance(timedelta(days=2))
        given_up = jobs.pending("plan-")

    assert ([job()], []) == (tried, given_up)


def test_a_job_more_than_a_year_ahead_is_refused() -> None:
    """It would be published a year early."""
    with _scheduler() as (api, jobs):
        with pytest.raises(ValueError, match="364 days"):
            jobs.schedule(job(minutes=366 * 1440))
        assert {} == api.jobs


def test_failures_of_cloud_scheduler() -> None:
    """One that passes is tried again, also after the effect; one that stays is of the dependency."""
    with _scheduler() as (api, jobs):
        api.failures = [503]
        jobs.schedule(job())
        assert [job()] == jobs.pending("")

        for attempt in (lambda: jobs.schedule(job()), lambda: jobs.cancel("plan-a"), lambda: jobs.pending("")):
            api.failures = [429]
            with pytest.raises(DependencyUnavailable):
                attempt()
        api.failures = [503] * 50
        with pytest.raises(DependencyUnavailable):
            jobs.cancel("plan-a")


def _name(name: str) -> str:
    return f"projects/p/locations/us-central1/jobs/swell-once-{name}"


def _stored(state: StateStore) -> Subject:
    jobs, clock, publisher = StoredJobs(state), FrozenClock(NOON), RecordingPublisher()
    return Subject(jobs, clock, lambda: jobs.publish_due(publisher, clock.now()), publisher)


def _on_sqlite(directory: Path) -> Iterator[Subject]:
    store = SqliteState(directory / "state.db")
    yield _stored(store)
    store.close()


def _on_cloud_scheduler() -> Iterator[Subject]:
    with _scheduler() as (api, jobs):
        assert isinstance(api.publisher, RecordingPublisher)
        yield Subject(jobs, api.clock, api.run_due, api.publisher)


@contextmanager
def _scheduler() -> Iterator[tuple[SchedulerApi, CloudSchedulerJobs]]:
    api = SchedulerApi(FrozenClock(NOON), RecordingPublisher())
    with connected(api, CloudSchedulerClient) as client:
        yield api, CloudSchedulerJobs("p", "us-central1", api.clock, client)
