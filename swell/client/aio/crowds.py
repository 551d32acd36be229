"""The event calendar, forecasts, the scaling plan and the timeline, as the server tells them; for operators."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

from swell.client.aio.transport import AsyncTransport


class AsyncCalendar:
    """The events that draw crowds."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def list(
        self, *, begin: datetime | None = None, end: datetime | None = None, days: int | None = None
    ) -> list[dict[str, Any]]:
        """Events with each time they are on, earliest first; of so many `days` from now or `begin`, by default 30."""
        span = {"from": begin, "to": end}
        asked = {name: moment.isoformat() for name, moment in span.items() if moment is not None}
        query = urlencode(asked | ({} if days is None else {"days": str(days)}))
        path = "/v1/calendar/events" + (f"?{query}" if query else "")
        answer = await self._transport.send("GET", path)
        found: list[dict[str, Any]] = answer["events"]
        return found

    async def get(self, event: str) -> dict[str, Any]:
        """One event as it was entered.

        Raises:
            NotFoundError: the calendar has no such event.
        """
        found: dict[str, Any] = await self._transport.send("GET", _event_path(event))
        return found

    async def put(self, event: str, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Enter an event, or change it; `if_revision` among the fields refuses to overwrite another's change.

        Raises:
            InvalidRequestError: a field is not allowed.
            ConflictError: the event is at another revision.
        """
        found: dict[str, Any] = await self._transport.send("PUT", _event_path(event), dict(fields))
        return found

    async def remove(self, event: str) -> None:
        """Take an event out. Raises as `get`."""
        await self._transport.send("DELETE", _event_path(event))

    async def import_ics(self, ics: str, regions: Mapping[str, float], **options: Any) -> dict[str, Any]:
        """Enter what an iCalendar file announces; `regions` hold for entries that name none.

        Raises:
            InvalidRequestError: it is not such a file, or an option is not allowed.
        """
        body = {"ics": ics, "regions": dict(regions), **options}
        found: dict[str, Any] = await self._transport.send("POST", "/v1/calendar/import", body)
        return found


class AsyncCrowds:
    """What is expected and planned."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def forecasts(self) -> list[dict[str, Any]]:
        """Each region of which load is known: what it expects, and how good its forecasts have been."""
        found: list[dict[str, Any]] = (await self.expected())["forecasts"]
        return found

    async def expected(self) -> dict[str, Any]:
        """`forecasts`, and `disagreements`: announced multiples far from what events of their kind have drawn."""
        found: dict[str, Any] = await self._transport.send("GET", "/v1/forecasts")
        return found

    async def forecast(self, region: str) -> dict[str, Any]:
        """One region's forecast, step by step.

        Raises:
            NotFoundError: there is no such region, or none of its load is known.
        """
        found: dict[str, Any] = await self._transport.send("GET", f"/v1/forecasts/{quote(region, safe='')}")
        return found

    async def plan(self) -> dict[str, Any]:
        """The plan that holds.

        Raises:
            NotFoundError: there is none yet.
        """
        found: dict[str, Any] = await self._transport.send("GET", "/v1/plan")
        return found

    async def budget(self) -> dict[str, Any]:
        """Limits, what is spent, how fast money may be spent, and what has given way."""
        found: dict[str, Any] = await self._transport.send("GET", "/v1/budget")
        return found

    async def set_budget(
        self, *, hour: float, day: float, month: float, if_revision: int | None = None
    ) -> dict[str, Any]:
        """Set the limits, in dollars.

        Raises:
            ConflictError: the budget is at another revision than `if_revision`.
        """
        body = {"hour": hour, "day": day, "month": month, "if_revision": if_revision}
        found: dict[str, Any] = await self._transport.send("PUT", "/v1/budget", body)
        return found

    async def order_spending(self, order: str, *, operator: str, why: str = "") -> dict[str, Any]:
        """`stop` all spending or `resume` it, in the name of an operator."""
        body = {"operator": operator, "why": why}
        found: dict[str, Any] = await self._transport.send("POST", f"/v1/budget/{order}", body)
        return found

    async def stop_by_ballot(self, ballot: str) -> dict[str, Any]:
        """Stop all spending in the name of a ballot.

        Raises:
            NotFoundError: there is no such ballot.
            ConflictError: it was not accepted, or was carried out before.
        """
        found: dict[str, Any] = await self._transport.send("POST", "/v1/budget/stop", {"ballot": ballot})
        return found

    async def spending_decisions(self) -> list[dict[str, Any]]:
        """Stops that were wanted because all of a day or month was spent, the latest first."""
        answer = await self._transport.send("GET", "/v1/budget/decisions")
        found: list[dict[str, Any]] = answer["decisions"]
        return found

    async def answer_spending_decision(
        self, decision: str, *, operator: str, approves: bool, why: str = ""
    ) -> dict[str, Any]:
        """Approve or refuse a stop that is wanted; the first word counts.

        Raises:
            NotFoundError: there is no such decision.
            ConflictError: another word was given, or it is too late.
        """
        body = {"operator": operator, "approves": approves, "why": why}
        path = f"/v1/budget/decisions/{quote(decision, safe='')}/answer"
        found: dict[str, Any] = await self._transport.send("POST", path, body)
        return found

    async def raises(self) -> list[dict[str, Any]]:
        """What events may cost beyond the limits."""
        answer = await self._transport.send("GET", "/v1/budget/raises")
        found: list[dict[str, Any]] = answer["raises"]
        return found

    async def raise_budget(
        self,
        event: str,
        *,
        extra_per_hour: float,
        approved_by: str,
        why: str = "",
        begin: datetime | None = None,
        end: datetime | None = None,
    ) -> dict[str, Any]:
        """Allow an event more in each hour it touches; without times, when the calendar has it next.

        Raises:
            NotFoundError: the calendar has no such event.
            InvalidRequestError: a field is not allowed.
        """
        body: dict[str, Any] = {
            "event_id": event,
            "extra_per_hour": extra_per_hour,
            "approved_by": approved_by,
            "why": why,
        }
        span = {"begin": begin, "end": end}
        body |= {name: moment.isoformat() for name, moment in span.items() if moment is not None}
        found: dict[str, Any] = await self._transport.send("POST", "/v1/budget/raises", body)
        return found

    async def take_back_raise(self, event: str, *, operator: str, why: str = "") -> None:
        """Allow it no more.

        Raises:
            NotFoundError: nothing is allowed for this event.
        """
        asked = urlencode({"operator": operator, "why": why})
        await self._transport.send("DELETE", f"/v1/budget/raises/{quote(event, safe='')}?{asked}")

    async def report(self, day: str) -> dict[str, Any]:
        """The report of a day (YYYY-MM-DD, UTC, or `yesterday`); where none was sent, as it would look now."""
        found: dict[str, Any] = await self._transport.send("GET", f"/v1/reports/{quote(day, safe='')}")
        return found

    async def timeline(
        self, *, since: datetime | None = None, minutes: int | None = None, limit: int = 500
    ) -> list[dict[str, Any]]:
        """What was decided since a moment or in the last `minutes`, oldest first; by default in the last day."""
        asked = {"limit": str(limit)} | ({} if since is None else {"since": since.isoformat()})
        asked |= {} if minutes is None else {"minutes": str(minutes)}
        answer = await self._transport.send("GET", f"/v1/timeline?{urlencode(asked)}")
        found: list[dict[str, Any]] = answer["entries"]
        return found


def _event_path(event: str) -> str:
    return f"/v1/calendar/events/{quote(event, safe='')}"
