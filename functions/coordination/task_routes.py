"""Tasks over HTTP: ask for one, look how it goes, read what happened."""

from datetime import timedelta
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from functions.coordination.operators import name_in_path
from functions.coordination.requests import AskTask
from shared.auth.operators import require_operator
from shared.coordination.tasks.desk import TaskDesk
from shared.coordination.tasks.task import Task
from shared.errors import FieldProblem, InvalidRequest, shortened
from shared.http import json_response, read_body
from shared.ports.clock import Clock


class TaskRoutes:
    """The desk, for workflows and operators."""

    def __init__(self, desk: TaskDesk, clock: Clock) -> None:
        self._desk = desk
        self._clock = clock

    def routes(self) -> list[Route]:
        """As listed for `coordination` in topology.yaml."""
        return [
            Route("/v1/tasks", self.all, methods=["GET"]),
            Route("/v1/tasks", self.ask, methods=["POST"]),
            Route("/v1/tasks/{task}", self.show, methods=["GET"]),
            Route("/v1/tasks/{task}/retry", self.retry, methods=["POST"]),
            Route("/v1/task-journal", self.journal, methods=["GET"]),
        ]

    async def all(self, request: Request) -> Response:
        """The tasks that are kept, the most urgent first."""
        require_operator(request)
        tasks = await run_in_threadpool(self._desk.all)
        return json_response({"tasks": [task_view(task) for task in tasks]})

    async def ask(self, request: Request) -> Response:
        """Ask for a task; it is given out at once where somebody is able."""
        require_operator(request)
        body = await read_body(request, AskTask)
        return json_response(task_view(await run_in_threadpool(self._ask, body)), 202)

    async def show(self, request: Request) -> Response:
        """One task, with its result."""
        return json_response(task_view(await run_in_threadpool(self._desk.get, name_in_path(request, "task"))))

    async def retry(self, request: Request) -> Response:
        """Have a dead task done after all; it is given out at once where somebody is able."""
        return json_response(task_view(await run_in_threadpool(self._retry, name_in_path(request, "task"))), 202)

    async def journal(self, request: Request) -> Response:
        """What happened to all tasks after an entry, oldest first, at most 100."""
        require_operator(request)
        after = request.query_params.get("after", "0")
        if not (after.isascii() and after.isdigit() and len(after) <= 12):
            raise InvalidRequest(FieldProblem("after", shortened(after), "the number of an entry, 0 for all"))
        entries = await run_in_threadpool(self._desk.journal.after, int(after))
        return json_response(
            {"entries": [{"number": entry.number, "at": entry.at.isoformat(), **entry.said} for entry in entries]}
        )

    def _retry(self, task_id: str) -> Task:
        self._desk.retry(task_id)
        self._desk.give_out()
        return self._desk.get(task_id)

    def _ask(self, body: AskTask) -> Task:
        now = self._clock.now()
        task = Task(
            id=body.id,
            kind=body.kind,
            collection=body.collection,
            shard=body.shard,
            region=body.region,
            priority=body.priority,
            strategy=body.strategy,
            asked_at=now,
            deadline=now + timedelta(seconds=body.ttl_s),
        )
        self._desk.submit(task)
        self._desk.give_out()
        return self._desk.get(body.id)


def task_view(task: Task) -> dict[str, Any]:
    """A task as an answer."""
    return {
        "id": task.id,
        "kind": task.kind.value,
        "collection": task.collection,
        "shard": task.shard,
        "region": task.region,
        "priority": task.priority,
        "strategy": task.strategy.value,
        "state": task.state.value,
        "agent": task.agent or None,
        "attempts": task.attempts,
        "asked_at": task.asked_at.isoformat(),
        "deadline": task.deadline.isoformat(),
        "error": task.error or None,
        "result": dict(task.result),
    }
