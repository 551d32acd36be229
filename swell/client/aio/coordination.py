"""What regions know, decide and do: members, ballots and tasks, as the server tells them."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from swell.client.aio.transport import AsyncTransport

Documents = list[dict[str, Any]]


class AsyncRegions:
    """The regions of a deployment."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def list(self) -> list[dict[str, Any]]:
        """Everyone who was ever heard, by name, as `GET /v1/regions` tells it."""
        answer = await self._transport.send("GET", "/v1/regions")
        found: list[dict[str, Any]] = answer["regions"]
        return found

    async def get(self, region: str) -> dict[str, Any]:
        """One region, and how many of the versions that it committed the others lack.

        Raises:
            NotFoundError: it was never heard.
        """
        found: dict[str, Any] = await self._transport.send("GET", f"/v1/regions/{quote(region, safe='')}")
        return found

    async def drain(self, region: str, *, is_draining: bool = True) -> dict[str, Any]:
        """Send a region no more traffic, or send it some again. Raises as `get`."""
        path = f"/v1/regions/{quote(region, safe='')}/drain"
        found: dict[str, Any] = await self._transport.send("POST", path, {"is_draining": is_draining})
        return found

    async def ask(self, inquiry: str, *, question: str = "sight", ttl_s: float = 10.0) -> dict[str, Any]:
        """Ask every region that is heard; asking again with the same id finds what was asked.

        Raises:
            ConflictError: another question has this id, or there is nobody to ask.
        """
        body = {"id": inquiry, "question": question, "ttl_s": ttl_s}
        found: dict[str, Any] = await self._transport.send("POST", "/v1/inquiries", body)
        return found

    async def answers(self, inquiry: str) -> dict[str, Any]:
        """What regions answered so far; `is_over`: nothing more will come.

        Raises:
            NotFoundError: there is no such inquiry, or it is forgotten.
        """
        path = f"/v1/inquiries/{quote(inquiry, safe='')}"
        found: dict[str, Any] = await self._transport.send("GET", path)
        return found


class AsyncBallots:
    """The questions that regions vote on."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def list(self) -> "list[dict[str, Any]]":
        """Every ballot that is kept, the latest first."""
        answer = await self._transport.send("GET", "/v1/ballots")
        found: list[dict[str, Any]] = answer["ballots"]
        return found

    async def get(self, ballot: str) -> dict[str, Any]:
        """One ballot.

        Raises:
            NotFoundError: there is none of this id.
        """
        found: dict[str, Any] = await self._transport.send("GET", _path(ballot))
        return found

    async def open(
        self, ballot: str, proposal: Mapping[str, Any], *, proposer: str, lasts_s: int = 300
    ) -> dict[str, Any]:
        """Ask all regions that live; asking again with the same id finds the ballot as it stands.

        Raises:
            ConflictError: it is about something else, or there is no region to ask.
        """
        body = {"id": ballot, "proposal": dict(proposal), "proposer": proposer, "lasts_s": lasts_s}
        found: dict[str, Any] = await self._transport.send("POST", "/v1/ballots", body)
        return found

    async def vote(self, ballot: str, region: str, *, approves: bool, reason: str = "operator") -> dict[str, Any]:
        """Speak for a region; `standing` says whether it counted.

        Raises:
            NotFoundError: there is no such ballot or region.
        """
        body = {"region": region, "approves": approves, "reason": reason}
        found: dict[str, Any] = await self._transport.send("POST", f"{_path(ballot)}/vote", body)
        return found


class AsyncTasks:
    """What regions are asked to do: copy, warm, rebuild, verify, drain."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def list(self) -> Documents:
        """The tasks that are kept, those under way first, of these the most urgent."""
        answer = await self._transport.send("GET", "/v1/tasks")
        found: Documents = answer["tasks"]
        return found

    async def get(self, task: str) -> dict[str, Any]:
        """One task, with its result.

        Raises:
            NotFoundError: there is none of this id.
        """
        found: dict[str, Any] = await self._transport.send("GET", _task_path(task))
        return found

    async def ask(self, task: str, kind: str, **about: Any) -> dict[str, Any]:
        """Ask for a task; asking again with the same id finds it as it stands.

        `about`: `collection`, `shard`, `region`, `priority` (9 is the most urgent), `strategy`, `ttl_s`.

        Raises:
            InvalidRequestError: it is not about a collection, or a region.
            ConflictError: a task of this id asks for something else.
        """
        body = {"id": task, "kind": kind, **{name: value for name, value in about.items() if value is not None}}
        found: dict[str, Any] = await self._transport.send("POST", "/v1/tasks", body)
        return found

    async def retry(self, task: str) -> dict[str, Any]:
        """Have a dead task done after all.

        Raises:
            NotFoundError: there is none of this id.
            ConflictError: it is done.
        """
        found: dict[str, Any] = await self._transport.send("POST", f"{_task_path(task)}/retry")
        return found

    async def journal(self, after: int = 0) -> Documents:
        """What happened to all tasks after an entry, oldest first, at most 100."""
        answer = await self._transport.send("GET", f"/v1/task-journal?after={after}")
        found: Documents = answer["entries"]
        return found


def _task_path(task: str) -> str:
    return f"/v1/tasks/{quote(task, safe='')}"


def _path(ballot: str) -> str:
    return f"/v1/ballots/{quote(ballot, safe='')}"
