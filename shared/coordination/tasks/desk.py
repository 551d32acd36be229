"""Where tasks are asked for, given out and reported back: the state store holds them, Pub/Sub carries the word.

Giving out is one compare-and-set, so it does not matter how many regions do it at the same time, and a lost message
costs time only: the lease runs out, and the task is given to another under a higher token.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from shared.coordination.journal import Journal
from shared.coordination.member import Member, Presence
from shared.coordination.membership import Membership
from shared.coordination.paths import TASKS, agent_document, task_document
from shared.coordination.races import retry_lost_races
from shared.coordination.tasks.standing import Standing
from shared.coordination.tasks.strategies import choose_agent
from shared.coordination.tasks.task import Task, TaskState
from shared.errors import Conflict, NotFound
from shared.events.codec import to_message
from shared.events.event import event_id_of
from shared.events.tasks import TaskAssignedV1
from shared.listing import listed
from shared.ports.clock import Clock
from shared.ports.publisher import Publisher
from shared.ports.state import ABSENT, PreconditionFailed, Put, StateStore

KEPT_FOR: Final = timedelta(days=7)


@dataclass(frozen=True)
class GivenOut:
    """What one look at all tasks came to."""

    assigned: int = 0
    died: int = 0
    waiting: int = 0


class TaskDesk:
    """One for every process; the store is what they have in common."""

    def __init__(self, state: StateStore, clock: Clock, membership: Membership, publisher: Publisher) -> None:
        self._state = state
        self._clock = clock
        self._membership = membership
        self._publisher = publisher
        self.journal = Journal(state, clock, "tasks")

    def submit(self, task: Task) -> Task:
        """Ask for a task; asking again with the same id finds it as it stands.

        Raises:
            Conflict: a task of this id asks for something else.
        """
        try:
            self._state.commit(
                [Put(task_document(task.id), task.to_data(), if_version=ABSENT, expires_at=task.deadline + KEPT_FOR)]
            )
        except PreconditionFailed:
            found = self.get(task.id)
            same = ("kind", "collection", "shard", "region", "priority", "strategy")
            if any(getattr(found, name) != getattr(task, name) for name in same):
                raise Conflict(f"task {task.id!r} asks for something else") from None
            return found
        self._tell(task)
        return task

    def get(self, task_id: str) -> Task:
        """A task.

        Raises:
            NotFound: there is none of this id.
        """
        document = self._state.get(task_document(task_id))
        if document is None:
            raise NotFound(f"task {task_id!r} does not exist")
        return Task.from_data(task_id, document.data)

    def all(self) -> list[Task]:
        """The tasks that are kept, the most urgent first."""
        tasks = [Task.from_data(document.id, document.data) for document in listed(self._state, TASKS)]
        return sorted(tasks, key=lambda task: (task.is_over, -task.priority, task.asked_at, task.id))

    def give_out(self) -> GivenOut:
        """Give every task that is due to an agent, the most urgent first; bury those that failed too often."""
        assigned = died = waiting = 0
        for task in self.all():
            if not task.is_due(self._clock.now()):
                continue
            after = self._changed(task.id, self._given)
            assigned += after.state is TaskState.ASSIGNED
            died += after.state is TaskState.DEAD
            waiting += after.state is TaskState.WAITING
            if after.state is TaskState.ASSIGNED:
                self._publish(after)
        return GivenOut(assigned, died, waiting)

    def done(self, task_id: str, token: int, result: Mapping[str, Any]) -> Task:
        """Report a result. One that comes from an agent that was given up changes nothing."""
        return self._ended(task_id, token, lambda task: task.done(token, result), succeeded=True)

    def failed(self, task_id: str, token: int, error: str, *, for_good: bool) -> Task:
        """Report a failure. As `done`."""
        now = self._clock.now()
        return self._ended(
            task_id, token, lambda task: task.failed(token, error, now, for_good=for_good), succeeded=for_good
        )

    def retry(self, task_id: str) -> Task:
        """Have a dead task done after all; asking again finds it as it stands.

        Raises:
            NotFound: there is none of this id.
            Conflict: it is done.
        """
        after = self._changed(task_id, lambda task: task.retried(self._clock.now()))
        if after.state is TaskState.DONE:
            raise Conflict(f"task {task_id!r} is done")
        return after

    def _ended(self, task_id: str, token: int, change: Callable[[Task], Task], *, succeeded: bool) -> Task:
        agent = self.get(task_id).agent
        after = self._changed(task_id, change)
        if after.token == token and after.agent == agent:
            self._note(agent, lambda standing: standing.after(self._clock.now(), succeeded=succeeded))
        return after

    def _given(self, task: Task) -> Task:
        now = self._clock.now()
        if not task.is_due(now):
            return task  # another region was quicker
        if task.state is TaskState.ASSIGNED:
            self._note(task.agent, lambda standing: standing.after(now, succeeded=False))
        buried = task.given_up(now)
        if buried.is_over:
            return buried
        agent = choose_agent(task, self._able(task), last=task.agent or self._last())
        if agent is None:
            return task
        self._note(agent, lambda standing: standing.tried(now))
        return task.assigned(agent, now)

    def _able(self, task: Task) -> list[Member]:
        """Live, able, and not resting after failures; a drained region still works, it only gets no traffic."""
        now = self._clock.now()
        return [
            member
            for member in self._membership.all()
            if member.presence(now) is Presence.LIVE
            and task.kind.value in member.capabilities
            and self._standing(member.region).takes(now)
        ]

    def _last(self) -> str:
        """Who was given a task last: where the round goes on."""
        document = self._state.get("agents/~last")
        return document.data["region"] if document is not None else ""

    def _standing(self, region: str) -> Standing:
        document = self._state.get(agent_document(region))
        return Standing.from_data(document.data if document is not None else None)

    def _note(self, region: str, change: Callable[[Standing], Standing]) -> None:
        before = self._standing(region)
        after = change(before)
        if after != before:  # the last word counts: it is an estimate, and no task hangs on it
            self._state.commit([Put(agent_document(region), vars(after))])

    def _changed(self, task_id: str, change: Callable[[Task], Task]) -> Task:
        return retry_lost_races(lambda: self._try_change(task_id, change), f"task {task_id}")

    def _try_change(self, task_id: str, change: Callable[[Task], Task]) -> Task:
        document = self._state.get(task_document(task_id))
        if document is None:
            raise NotFound(f"task {task_id!r} does not exist")
        before = Task.from_data(task_id, document.data)
        after = change(before)
        if after != before:
            put = Put(document.path, after.to_data(), if_version=document.version, expires_at=after.deadline + KEPT_FOR)
            extra = [Put("agents/~last", {"region": after.agent})] if after.token > before.token else []
            self._state.commit([put, *extra])
            self._tell(after)
        return after

    def _tell(self, task: Task) -> None:
        said = {"task": task.id, "kind": task.kind.value, "state": task.state.value, "agent": task.agent}
        self.journal.append({**said, "attempts": task.attempts, "token": task.token, "error": task.error})

    def _publish(self, task: Task) -> None:
        event = TaskAssignedV1(
            event_id=event_id_of(TaskAssignedV1.type, task.id, task.token),
            occurred_at=self._clock.now(),
            task=task.id,
            region=task.agent,
            token=task.token,
        )
        self._publisher.publish([to_message(event)])
