"""One-shot jobs as documents, and what publishes them when they are due."""

from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from shared.adapters.one_shot_jobs import check_job
from shared.ports.jobs import Job
from shared.ports.publisher import Message, Publisher
from shared.ports.state import Delete, Document, PreconditionFailed, Put, StateStore

_JOBS: Final = "jobs"
_PAGE: Final = 500


class StoredJobs:
    """Jobs by name; `publish_due` is called again and again by whoever keeps the time."""

    def __init__(self, state: StateStore) -> None:
        self._state = state

    def schedule(self, job: Job) -> None:
        """Create a job, or replace the one of its name.

        Raises:
            ValueError: a job that cannot be scheduled.
        """
        check_job(job)
        self._state.commit([Put(f"{_JOBS}/{job.name}", _data(job))])

    def cancel(self, name: str) -> None:
        """Remove a job; removing nothing is fine."""
        self._state.commit([Delete(f"{_JOBS}/{name}")])

    def pending(self, prefix: str) -> Sequence[Job]:
        """The jobs whose names begin with `prefix`, by name, that have not been published."""
        return [_job(document) for document in self._documents() if document.id.startswith(prefix)]

    def publish_due(self, publisher: Publisher, now: datetime) -> list[str]:
        """Publish what is due, and forget it; what was replaced meanwhile stays, to be published as it is now.

        Raises:
            DependencyUnavailable: the broker or the store does not answer; what is left stays due.
        """
        published = []
        for document in list(self._documents()):
            job = _job(document)
            if job.at <= now:
                publisher.publish([job.message])
                published.append(job.name)
                self._forget(document)
        return published

    def _forget(self, document: Document) -> None:
        try:
            self._state.commit([Delete(document.path, if_version=document.version)])
        except PreconditionFailed:
            return

    def _documents(self) -> Iterator[Document]:
        after = ""
        while page := self._state.list(_JOBS, after=after, limit=_PAGE):
            yield from page
            after = page[-1].id


def _data(job: Job) -> dict[str, Any]:
    return {
        "at": job.at.isoformat(),
        "topic": job.message.topic,
        "data": b64encode(job.message.data).decode(),
        "attributes": dict(job.message.attributes),
        "ordering_key": job.message.ordering_key,
    }


def _job(document: Document) -> Job:
    data: Mapping[str, Any] = document.data
    message = Message(data["topic"], b64decode(data["data"]), data["attributes"], data["ordering_key"])
    return Job(document.id, datetime.fromisoformat(data["at"]), message)
