"""Fleet and one-shot jobs in the state store."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.adapters.stored.fleet import StoredFleet
from shared.adapters.stored.jobs import StoredJobs
from shared.errors import NotFound
from shared.ports.fleet import FleetSize
from shared.ports.jobs import Job
from shared.ports.publisher import Message
from tests.fakes.publisher import RecordingPublisher
from tests.fakes.state import InMemoryState

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def job(name: str, minutes: int = 0, data: bytes = b"{}") -> Job:
    """A job so many minutes after noon."""
    return Job(name, NOON + timedelta(minutes=minutes), Message("scaling-plans", data, {"ce-id": name}, "key"))


def test_a_region_is_what_it_was_set_to() -> None:
    """Sizes are kept; readiness is reported apart, and neither undoes the other."""
    fleet = StoredFleet(InMemoryState())
    fleet.open("us-east1", min_instances=0, max_instances=5)

    fleet.resize("us-east1", min_instances=2, max_instances=4)
    fleet.report_ready("us-east1", 1)
    fleet.open("us-east1", min_instances=0, max_instances=5)

    assert fleet.size("us-east1") == FleetSize(2, 4, 1)
    assert fleet.regions() == ["us-east1"]


def test_a_region_that_was_never_opened_is_named() -> None:
    """Nothing is set where nothing runs."""
    with pytest.raises(NotFound, match="us-west1"):
        StoredFleet(InMemoryState()).resize("us-west1", min_instances=1, max_instances=1)


def test_due_jobs_are_published_as_they_were_given_and_forgotten() -> None:
    """What is not due stays."""
    jobs, publisher = StoredJobs(InMemoryState()), RecordingPublisher()
    for each in (job("plan-a", 0), job("plan-b", 5), job("other", 0)):
        jobs.schedule(each)

    published = jobs.publish_due(publisher, NOON)

    assert published == ["other", "plan-a"]
    assert publisher.take("scaling-plans") == [job("other").message, job("plan-a").message]
    assert jobs.pending("plan-") == [job("plan-b", 5)]
    assert jobs.publish_due(publisher, NOON) == []


def test_a_job_is_replaced_or_cancelled_by_its_name() -> None:
    """A plan that changed replaces its jobs; cancelling what is not there is fine."""
    jobs = StoredJobs(InMemoryState())

    jobs.schedule(job("plan-a", 5))
    jobs.schedule(job("plan-a", 10, b"new"))
    jobs.schedule(job("plan-b", 5))
    jobs.cancel("plan-b")
    jobs.cancel("plan-c")

    assert jobs.pending("") == [job("plan-a", 10, b"new")]


def test_a_job_replaced_while_it_is_published_stays() -> None:
    """The new one is not forgotten with the old."""
    jobs = StoredJobs(InMemoryState())

    class Replacing(RecordingPublisher):
        def publish(self, messages: object) -> None:
            jobs.schedule(job("plan-a", 10))

    jobs.schedule(job("plan-a", 0))
    jobs.publish_due(Replacing(), NOON)

    assert jobs.pending("") == [job("plan-a", 10)]
