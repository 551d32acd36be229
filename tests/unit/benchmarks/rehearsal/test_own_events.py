"""An event of an operator's calendar becomes a crowd of the size that its kind may draw."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from benchmarks.rehearsal.own_events import BEFORE_MIN, scenario_of
from benchmarks.scenarios.course import Course
from functions.control.views import event_view
from shared.domain.calendar import CalendarEvent, EventType
from shared.topology import load_topology
from swell.cli.failure import CommandFailed
from swell.cli.main import app
from swell.cli.rehearse_events import event_shown, write_reports
from tests.builders.rehearsals import small_run

KICK_OFF = datetime(2026, 12, 5, 19, tzinfo=UTC)
FINAL = CalendarEvent(
    event_id="final",
    name="Cup final!",
    kind=EventType.SPORTS_FINAL,
    starts_at_local=KICK_OFF.replace(tzinfo=None),
    time_zone="UTC",
    duration=timedelta(minutes=120),
    region_weights={"europe-west1": 1.0, "europe-west3": 0.5},
    peak_after_start=timedelta(minutes=90),
)


@pytest.mark.parametrize(
    ("announced", "all_of_it", "half_of_it"), [(None, 45, 23), (7.0, 7, 4)], ids=["by its kind", "as announced"]
)
def test_a_region_is_lifted_by_its_weight_at_the_peak(
    announced: float | None, all_of_it: float, half_of_it: float
) -> None:
    """A final is 45 times the base where all of its crowd is, or what is announced; half of the excess for a half."""
    event = replace(FINAL, expected_multiple=announced)
    (occurrence,) = event.occurrences(KICK_OFF, KICK_OFF + timedelta(days=1))

    scenario = scenario_of(occurrence, 100e6)

    course = Course.of(scenario, load_topology())
    calm, peak = course.streams(np.array([0.0, BEFORE_MIN + 90]))
    lifted = dict(zip(course.regions, peak / calm, strict=True))
    assert scenario.name == "cup-final"
    assert scenario.starts_at == KICK_OFF - timedelta(minutes=BEFORE_MIN)
    assert lifted["europe-west1"] == pytest.approx(all_of_it, rel=0.01)
    assert lifted["europe-west3"] == pytest.approx(half_of_it, rel=0.01)
    assert lifted["us-central1"] == pytest.approx(1.0)
    assert [entry.expected_multiple for entry in scenario.calendar] == [announced]


def test_what_the_server_shows_of_an_event_is_all_that_was_entered() -> None:
    """A rehearsal of it goes by what the forecast goes by."""
    event = replace(
        FINAL,
        time_zone="Europe/Paris",
        stage="final",
        audience=1000,
        requests_per_viewer=0.5,
        expected_multiple=12.5,
    )

    assert event_shown(event_view(event)) == event


def test_each_event_has_a_report_of_its_own(tmp_path: Path) -> None:
    """By its day and name, in a directory that is made; what cannot be made is told."""
    (tmp_path / "file").write_text("")

    write_reports([small_run()], tmp_path / "of" / "events")

    assert ["2026-07-19-1800-small.html"] == [page.name for page in (tmp_path / "of" / "events").iterdir()]
    with pytest.raises(CommandFailed, match="file"):
        write_reports([small_run()], tmp_path / "file" / "events")


@pytest.mark.parametrize(
    ("regions", "said"),
    [
        (["nowhere"], "got 'nowhere', allowed: us-central1"),
        (["us-central1=-1"], "got us-central1=-1, allowed: a weight above 0, at most 1"),
        (["us-central1=nan"], "got us-central1=nan, allowed"),
        (["us-central1=much"], "got 'us-central1=much', allowed: a region"),
    ],
)
def test_who_comes_is_checked_before_anything_is_played(regions: list[str], said: str, tmp_path: Path) -> None:
    """Region and weight are named, and what is allowed; without a file a region would be passed over."""
    (tmp_path / "events.ics").write_text("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nEND:VCALENDAR\r\n")
    options = [f"--region={one}" for one in regions]

    of_file = CliRunner().invoke(app, ["rehearse", "calendar", str(tmp_path / "events.ics"), *options])
    of_server = CliRunner().invoke(app, ["rehearse", "calendar", *options, "--url", "http://127.0.0.1:9"])

    assert (of_file.exit_code, of_server.exit_code) == (2, 2)
    assert said in " ".join(of_file.output.split())
    assert "without a file it is not read" in " ".join(of_server.output.split())
