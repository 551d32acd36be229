# ruff: noqa: PLC0415 - the simulator loads when it runs: `swell --help` stays quick
"""`swell rehearse calendar`: an operator's own events, each as a crowd of the size that its kind may draw."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from swell.cli.benching import require_checkout
from swell.cli.calendar_options import weights as weights_of
from swell.cli.connection import connected
from swell.cli.failure import CommandFailed
from swell.cli.options import DEFAULT_URL, Json, Url
from swell.cli.output import note, print_json, print_table, say
from swell.cli.writing import write_after_telling

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.rehearsal.result import Run
    from shared.domain.calendar import CalendarEvent


def calendar(
    ics: Annotated[Path | None, typer.Argument(help="An iCalendar file; none: the calendar of the server.")] = None,
    *,
    region: Annotated[
        list[str] | None, typer.Option(metavar="REGION[=WEIGHT]", help="Who comes, where a file does not say it.")
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=366, help="How far ahead.")] = 30,
    streams: Annotated[float, typer.Option(min=1, help="Streams that are there without an event.")] = 500e6,
    at_most: Annotated[int, typer.Option(min=1, max=50, help="How many events, the next first.")] = 5,
    seed: Annotated[int, typer.Option(min=0)] = 1,
    html: Annotated[
        Path | None,
        typer.Option(metavar="DIR", file_okay=False, help="Also write a report of each event into this directory."),
    ] = None,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Rehearse what your calendar announces, on the quotas of topology.yaml: one rehearsal an event. SIMULATED."""
    if region and ics is None:
        raise typer.BadParameter("without a file it is not read: the server's events say who comes")
    require_checkout()
    from swell.cli.rehearse import PolicyName, policy_of, single_threaded

    single_threaded()
    from benchmarks.rehearsal.own_events import scenario_of
    from benchmarks.rehearsal.rehearse import rehearse
    from benchmarks.rehearsal.telling import OVERVIEW, in_brief, overview

    now = datetime.now(UTC)
    events = _of_server(url, days) if ics is None else _of_file(ics, region or [], now, days)
    occurrences = sorted(
        (one for event in events for one in event.occurrences(now, now + timedelta(days=days))),
        key=lambda one: one.starts_at,
    )
    if not occurrences:
        raise CommandFailed(
            f"the calendar announces nothing in the next {days} {'day' if days == 1 else 'days'}",
            code="nothing_announced",
        )
    if html is not None:
        _make(html)
    policy = policy_of(PolicyName.BOTH)
    runs = [rehearse(scenario_of(one, streams), policy, seed) for one in occurrences[:at_most]]
    if as_json:
        print_json({"simulated": True, "runs": [in_brief(one) for one in runs]})
    else:
        say(f"SIMULATED · {len(runs)} of {len(occurrences)} events, {streams:,.0f} streams without one, policy both")
        columns = {
            "begins (UTC)": "left",
            **{name: "left" if name in {"scenario", "not kept"} else "right" for name in OVERVIEW},
        }
        rows = [[_begins(run), *row] for run, row in zip(runs, overview(runs), strict=True)]
        print_table(columns, rows)  # type: ignore[arg-type]
        for run in runs:
            _print_advice(run)
    if html is not None:
        write_reports(runs, html)


def write_reports(runs: "Sequence[Run]", directory: Path) -> None:
    """A page for each, named for when the rehearsal begins and for what it is."""
    from benchmarks.reports.report import report_on
    from benchmarks.reports.whole_page import to_html
    from shared.topology import load_topology

    _make(directory)
    for run in runs:
        begins = datetime.fromtimestamp(run.axis.start_s, UTC)
        page = directory / f"{begins:%Y-%m-%d-%H%M}-{run.meta.scenario}.html"
        write_after_telling(page, to_html(report_on(run), load_topology()))
        note(f"{page}")


def _make(directory: Path) -> None:
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CommandFailed(f"{error.filename}: {error.strerror}", code="unwritable") from error


def _print_advice(run: "Run") -> None:
    from benchmarks.rehearsal.telling import what_to_change

    say()
    say(f"{run.meta.title} (begins {_begins(run)} UTC)")
    for line in what_to_change(run):
        say(line)


def _begins(run: "Run") -> str:
    """When the event does, which is after its rehearsal."""
    from benchmarks.rehearsal.own_events import BEFORE_MIN

    return f"{datetime.fromtimestamp(run.axis.start_s, UTC) + timedelta(minutes=BEFORE_MIN):%Y-%m-%d %H:%M}"


def _of_file(path: Path, regions: list[str], now: datetime, days: int) -> "list[CalendarEvent]":
    from functions.control.ics_import import ImportDefaults, import_ics
    from shared.topology import load_topology

    try:
        content = path.read_bytes()
    except OSError as error:
        raise CommandFailed(f"{path}: {error.strerror}", code="unreadable_calendar") from error
    known = load_topology().regions
    weights = weights_of(regions) or dict.fromkeys(known, 1.0)
    for name, weight in weights.items():
        if name not in known:
            raise typer.BadParameter(f"--region: got {name!r}, allowed: {', '.join(known)}")
        if not 0 < weight <= 1:
            raise typer.BadParameter(f"--region: got {name}={weight:g}, allowed: a weight above 0, at most 1")
    return list(import_ics(content, ImportDefaults(weights), begin=now, end=now + timedelta(days=days)).events)


def _of_server(url: str, days: int) -> "list[CalendarEvent]":
    now = datetime.now(UTC)
    with connected(url) as client:
        found = client.calendar.list(begin=now, end=now + timedelta(days=days))
        return [event_shown(client.calendar.get(one["id"])) for one in found]


def event_shown(view: dict[str, Any]) -> "CalendarEvent":
    """The event of what the API shows; each time of one that recurs is there by itself."""
    from shared.domain.calendar import CalendarEvent, EventType

    peak_min = view.get("peak_after_start_min")
    return CalendarEvent(
        event_id=view["id"],
        name=view["name"],
        kind=EventType(view["kind"]),
        starts_at_local=datetime.fromisoformat(view["starts_at_local"]),
        time_zone=view["time_zone"],
        duration=timedelta(minutes=view["duration_min"]),
        region_weights=view["regions"],
        stage=view.get("stage") or "",
        peak_after_start=None if peak_min is None else timedelta(minutes=peak_min),
        audience=view.get("audience"),
        requests_per_viewer=view.get("requests_per_viewer"),
        expected_multiple=view.get("expected_multiple"),
    )
