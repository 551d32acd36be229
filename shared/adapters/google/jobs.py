"""One-shot jobs on Cloud Scheduler, whose jobs repeat: a cron line that names one minute of the year, in UTC.

It would come again a year later, so a job that was published is removed by the next look at what is pending.
Cloud Scheduler does not publish ordering keys: the key is kept with the job, the message goes out without one.
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from google.api_core import exceptions
from google.cloud import scheduler_v1
from google.cloud.scheduler_v1.types import Job as SchedulerJob
from google.cloud.scheduler_v1.types import PubsubTarget, RetryConfig
from google.protobuf.field_mask_pb2 import FieldMask

from shared.adapters.google.attempts import ATTEMPT_TIMEOUT_S, RETRY
from shared.adapters.google.failures import dependency_errors
from shared.adapters.one_shot_jobs import check_job
from shared.errors import DependencyUnavailable, NotProvisioned
from shared.ports.clock import Clock
from shared.ports.jobs import Job
from shared.ports.publisher import Message

AHEAD_AT_MOST: Final = timedelta(days=364)
"""A cron line has no year: further ahead, a job would be published a year early."""
GIVEN_UP_AFTER: Final = timedelta(days=1)
"""How long after its time a job that could not be published is kept for whoever looks why."""
PUBLISH_RETRIES: Final = 5
"""The most that Cloud Scheduler allows; without any, a failed publish waits for the next year."""
MAX_DESCRIPTION: Final = 500
_PREFIX: Final = "swell-once-"
_PAGE: Final = 500
_CHANGED: Final = FieldMask(paths=["description", "schedule", "time_zone", "pubsub_target", "retry_config"])


class CloudSchedulerJobs:
    """The one-shot jobs of one project in one region."""

    def __init__(
        self, project: str, location: str, clock: Clock, client: scheduler_v1.CloudSchedulerClient | None = None
    ) -> None:
        self._project = project
        self._parent = f"projects/{project}/locations/{location}"
        self._clock = clock
        self._client = client or scheduler_v1.CloudSchedulerClient()

    def schedule(self, job: Job) -> None:
        """Create a job, or replace the one of its name; one whose minute has passed meanwhile is published now.

        Raises:
            NotProvisioned: Cloud Scheduler does not serve the region or the project.
            ValueError: a job that cannot be scheduled.
        """
        wanted = self._wanted(job)
        with dependency_errors(f"job {job.name}"):
            try:
                made = self._put(wanted)
                if self._is_missed(made, _minute(job.at)):
                    self._client.run_job(name=made.name, retry=RETRY, timeout=ATTEMPT_TIMEOUT_S)
            except exceptions.NotFound as error:
                raise NotProvisioned(f"job {job.name}: {error}") from error

    def cancel(self, name: str) -> None:
        """Remove a job; removing nothing is fine."""
        with dependency_errors(f"job {name}"):
            self._remove(self._name(name))

    def pending(self, prefix: str) -> Sequence[Job]:
        """The jobs whose names begin with `prefix`, by name, that have not been published; others are removed."""
        request = scheduler_v1.ListJobsRequest(parent=self._parent, page_size=_PAGE)
        waiting = []
        with dependency_errors("jobs"):
            found = list(self._client.list_jobs(request=request, retry=RETRY, timeout=ATTEMPT_TIMEOUT_S))
            for each in found:
                job = _job(each)
                if job is not None and self._is_over(each, _minute(job.at)):
                    self._remove(each.name)
                elif job is not None and job.name.startswith(prefix):
                    waiting.append(job)
        return sorted(waiting, key=lambda job: job.name)

    def _put(self, wanted: SchedulerJob) -> SchedulerJob:
        """Created, or replaced where it exists; twice is as once."""
        for _ in range(2):
            try:
                return self._client.create_job(parent=self._parent, job=wanted, retry=RETRY, timeout=ATTEMPT_TIMEOUT_S)
            except exceptions.Conflict:  # it exists
                with suppress(exceptions.NotFound):  # no longer
                    return self._client.update_job(
                        job=wanted, update_mask=_CHANGED, retry=RETRY, timeout=ATTEMPT_TIMEOUT_S
                    )
        raise DependencyUnavailable(f"job {wanted.name} is made and removed at the same time")

    def _remove(self, name: str) -> None:
        with suppress(exceptions.NotFound):
            self._client.delete_job(name=name, retry=RETRY, timeout=ATTEMPT_TIMEOUT_S)

    def _is_missed(self, made: SchedulerJob, at: datetime) -> bool:
        """Whether the job came too late for its minute: Cloud Scheduler says when it will run it."""
        due = _moment(made.schedule_time)
        return self._clock.now() > at if due is None else due > at

    def _is_over(self, found: SchedulerJob, at: datetime) -> bool:
        """Whether it was published, or is past hope."""
        tried = _moment(found.last_attempt_time)
        published = tried is not None and tried >= at and found.status.code == 0
        return published or self._clock.now() - at > GIVEN_UP_AFTER

    def _wanted(self, job: Job) -> SchedulerJob:
        check_job(job)
        if job.at - self._clock.now() > AHEAD_AT_MOST:
            raise ValueError(
                f"job {job.name!r} is for {job.at.isoformat()}: allowed are {AHEAD_AT_MOST.days} days ahead"
            )
        message = job.message
        description = f"{job.at.isoformat()} {message.ordering_key}"
        if len(description) > MAX_DESCRIPTION:
            raise ValueError(f"job {job.name!r}: its ordering key does not fit into {MAX_DESCRIPTION} characters")
        return SchedulerJob(
            name=self._name(job.name),
            description=description,
            schedule=f"{job.at.minute} {job.at.hour} {job.at.day} {job.at.month} *",
            time_zone="Etc/UTC",
            pubsub_target=PubsubTarget(
                topic_name=f"projects/{self._project}/topics/{message.topic}",
                data=message.data,
                attributes=dict(message.attributes),
            ),
            retry_config=RetryConfig(retry_count=PUBLISH_RETRIES),
        )

    def _name(self, name: str) -> str:
        return f"{self._parent}/jobs/{_PREFIX}{name}"


def _job(found: SchedulerJob) -> Job | None:
    """The job as it was given; None for one that is not ours, such as the schedules of the topology."""
    name = found.name.rpartition("/")[2]
    if not name.startswith(_PREFIX):
        return None
    at, _, ordering_key = found.description.partition(" ")
    target = found.pubsub_target
    topic = target.topic_name.rpartition("/")[2]
    message = Message(topic, target.data, dict(target.attributes), ordering_key)
    return Job(name.removeprefix(_PREFIX), datetime.fromisoformat(at), message)


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)


def _moment(given: Any) -> datetime | None:
    return None if given is None else datetime.fromtimestamp(given.timestamp(), UTC)
