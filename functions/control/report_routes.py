"""What the workflow `daily_report` asks for, and the report for people, over HTTP; every request may be sent again."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, Final

from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from functions.control.reporting.rendering import as_html, as_markdown
from functions.control.reporting.report_day import ReportDay
from functions.control.reporting.report_store import Report, Reports
from functions.control.reporting.sections import Sections
from shared.auth.operators import require_operator
from shared.crowds.timeline import EntryKind, Timeline, TimelineEntry
from shared.errors import DependencyUnavailable, FieldProblem, InvalidRequest, NotFound
from shared.http import RequestModel, json_response, read_body, read_parameters
from shared.ports.clock import Clock
from shared.telemetry import log

MAX_SECTIONS: Final = 20
_POLICY: Final = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}


class Format(StrEnum):
    """How a report is shown."""

    JSON = "json"
    MARKDOWN = "markdown"
    HTML = "html"


class ShowReport(RequestModel):
    """`GET /v1/reports/{day}?format=`."""

    format: Format = Format.JSON


class SendReport(RequestModel):
    """`POST /v1/reports/{day}/send`: sections as they were read, by name, and the names of those that were not."""

    sections: dict[str, dict[str, Any]] = Field(max_length=MAX_SECTIONS)
    missing: list[str] = Field(default=[], max_length=MAX_SECTIONS)


class ReportRoutes:
    """Reads sections, keeps what is sent, shows it."""

    def __init__(self, sections: Sections, reports: Reports, timeline: Timeline, clock: Clock) -> None:
        self._sections = sections.by_name()
        self._reports = reports
        self._timeline = timeline
        self._clock = clock

    def routes(self) -> list[Route]:
        """As listed for `control` in topology.yaml."""
        one = "/v1/reports/{day}"
        return [
            Route("/v1/reports", self.days, methods=["GET"]),
            Route(one, self.show, methods=["GET"]),
            Route(f"{one}/sections/{{section}}", self.section, methods=["POST"]),
            Route(f"{one}/send", self.send, methods=["POST"]),
        ]

    async def days(self, request: Request) -> Response:
        """The days that have a report, the latest first."""
        require_operator(request)
        return json_response({"days": await run_in_threadpool(self._reports.days)})

    async def show(self, request: Request) -> Response:
        """The report of a day; where none was sent, as it would look now, and not kept."""
        day, asked = self._day(request), read_parameters(request, ShowReport)
        report = await run_in_threadpool(lambda: self._reports.find(day.day) or self._as_of_now(day))
        if asked.format is Format.HTML:
            page = await run_in_threadpool(as_html, report)
            return Response(page, headers=_POLICY, media_type="text/html")
        if asked.format is Format.MARKDOWN:
            return Response(await run_in_threadpool(as_markdown, report), media_type="text/markdown")
        return json_response(report.to_data())

    async def section(self, request: Request) -> Response:
        """Read one section of a day."""
        day, name = self._day(request), request.path_params["section"]
        read: Callable[[ReportDay], Mapping[str, Any]] | None = self._sections.get(name)
        if read is None:
            raise NotFound(f"a report has no section {name!r}; there are {', '.join(self._sections)}")
        return json_response({"section": await run_in_threadpool(read, day)})

    async def send(self, request: Request) -> Response:
        """Keep a report and tell of it; one that lacks no more than this and is there already stays as it is."""
        day, body = self._day(request), await read_body(request, SendReport)
        report = Report(day.day, body.sections, self._missing(body), self._clock.now())
        await run_in_threadpool(_require_presentable, report)
        kept = await run_in_threadpool(self._send, report)
        return json_response({"sent_to": ["reports", "timeline"], "sent_at": kept.to_data()["sent_at"]})

    def _send(self, report: Report) -> Report:
        kept = self._reports.keep(report)
        assert kept.sent_at is not None  # noqa: S101 - what is kept was sent
        lacks = f", without {', '.join(kept.missing)}" if kept.missing else ""
        text = f"the report of {kept.day} is there{lacks}: swell report --date {kept.day}"
        entry = TimelineEntry(kept.sent_at, EntryKind.REPORT, f"report {kept.day} {len(kept.missing)}", text)
        self._timeline.note_once(entry)
        log("INFO", "daily report", day=kept.day.isoformat(), missing=", ".join(kept.missing))
        return kept

    def _as_of_now(self, day: ReportDay) -> Report:
        sections, missing = {}, []
        for name, read in self._sections.items():
            try:
                sections[name] = read(day)
            except DependencyUnavailable:
                missing.append(name)
        return Report(day.day, sections, tuple(missing), None)

    def _missing(self, body: SendReport) -> list[str]:
        """In order, those that neither came nor are unknown."""
        unknown = sorted({*body.sections, *body.missing} - set(self._sections))
        if unknown:
            raise InvalidRequest(FieldProblem("sections", ", ".join(unknown)[:64], ", ".join(self._sections)))
        return [name for name in self._sections if name not in body.sections]

    def _day(self, request: Request) -> ReportDay:
        require_operator(request)
        return ReportDay.of(request.path_params["day"], self._clock.now())


def _require_presentable(report: Report) -> None:
    try:
        as_markdown(report)
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        allowed = "sections as POST …/sections/{section} answers them"
        raise InvalidRequest(FieldProblem("sections", repr(error)[:64], allowed)) from error
