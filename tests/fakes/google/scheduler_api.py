"""Jobs of the Cloud Scheduler API over REST, speaking the client's own messages, and the scheduler itself."""

import re
from datetime import datetime
from typing import Any, Final

from croniter import croniter
from google.cloud.scheduler_v1.types import Job, ListJobsResponse

from shared.ports.publisher import Message, Publisher
from tests.fakes.clock import FrozenClock
from tests.fakes.google.rest_server import ApiError, Request, RestApi

_NAME: Final = re.compile(r"projects/[^/]+/locations/[^/]+/jobs/[A-Za-z0-9_-]{1,500}")
_PAGE: Final = 2
"""Fewer than anybody asks for: the API may give fewer, too."""


class SchedulerApi(RestApi):
    """Keeps jobs by name and says when each will run next; `run_due` publishes those whose minute it is."""

    def __init__(self, clock: FrozenClock, publisher: Publisher) -> None:
        super().__init__()
        self.clock = clock
        self.publisher = publisher
        self.jobs: dict[str, Job] = {}

    def run_due(self, *, fails: bool = False) -> None:
        """Do what Cloud Scheduler does each minute."""
        for job in list(self.jobs.values()):
            if _is_due(job, self.clock.now()):
                self._run(job, fails=fails)
                self._set_next(job)

    def answer(self, request: Request) -> str:
        """CreateJob, GetJob, ListJobs, UpdateJob, DeleteJob, RunJob."""
        path = request.path.removeprefix("/v1/")
        if path.endswith("/jobs"):
            return self._list(path, request) if request.method == "GET" else self._create(request)
        name, _, verb = path.partition(":")
        found = self.jobs.get(name)
        if found is None:
            raise ApiError(404, f"{name} does not exist")
        if request.method == "DELETE":
            del self.jobs[name]
            return "{}"
        if request.method == "PATCH":
            given = Job.from_json(request.body)
            for field in request.query["updateMask"].split(","):
                snake = re.sub("[A-Z]", lambda letter: f"_{letter[0].lower()}", field)
                setattr(found, snake, getattr(given, snake))
            self._set_next(found)
        elif verb == "run":
            self._run(found)
        return str(Job.to_json(found))

    def _create(self, request: Request) -> str:
        job = Job.from_json(request.body)
        if not _NAME.fullmatch(job.name) or len(job.description) > 500 or not job.pubsub_target.topic_name:
            raise ApiError(400, f"not a job: {job}")
        if job.name in self.jobs:
            raise ApiError(409, f"{job.name} exists")
        job.state = Job.State.ENABLED
        self.jobs[job.name] = job
        self._set_next(job)
        return str(Job.to_json(job))

    def _list(self, path: str, request: Request) -> str:
        names = sorted(name for name in self.jobs if name.startswith(f"{path}/"))
        begin = int(request.query.get("pageToken") or 0)
        end = begin + _PAGE
        page = [self.jobs[name] for name in names[begin:end]]
        response = ListJobsResponse(jobs=page, next_page_token=str(end) if end < len(names) else "")
        return str(ListJobsResponse.to_json(response))

    def _run(self, job: Job, *, fails: bool = False) -> None:
        target = job.pubsub_target
        if not fails:
            topic = target.topic_name.rpartition("/")[2]
            self.publisher.publish([Message(topic, target.data, dict(target.attributes))])
        _set(job, last_attempt_time=self.clock.now(), status={"code": 14 if fails else 0})

    def _set_next(self, job: Job) -> None:
        _set(job, schedule_time=croniter(job.schedule, self.clock.now()).get_next(datetime))


def _set(job: Job, **values: Any) -> None:
    for field, value in values.items():
        setattr(job, field, value)


def _is_due(job: Job, now: datetime) -> bool:
    due: Any = job.schedule_time
    return due is not None and due <= now
