"""Back-tests of the forecast."""

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from functions.burst_prediction.growth_model import bins_ahead
from functions.burst_prediction.log_grid import log_grid, requests_in_bins
from functions.burst_prediction.method_choice import Method
from swell.cli.failure import CommandFailed
from swell.cli.forecast import app
from swell.forecasting.report import Report, Span, report_on, whole_bins
from swell.forecasting.rolling_origin import back_test
from swell.forecasting.traces import UnreadableTrace, read_trace
from tests.unit.swell.forecasting.builders import real_trace, written, written_trace


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """Four days of a trace with crowds, foreseen from the eight before."""
    trace, events = written_trace(tmp_path_factory.mktemp("trace"))
    return report_on(trace, events, lead_min=15, span=Span(4))


def test_the_model_beats_the_forecasts_that_need_none(report: Report) -> None:
    """On load with a season and announced crowds it is better than all three."""
    accuracy = {score.name: score.everywhere.accuracy for score in report.evaluation.forecasts}

    assert list(accuracy) == ["model", "persistence", "day-naive", "week-naive"]
    assert accuracy["model"] > max(accuracy["persistence"], accuracy["day-naive"], accuracy["week-naive"])
    assert accuracy["model"] > 0.95


def test_event_windows_are_scored_apart(report: Report) -> None:
    """From an hour before to three hours after each start: two events of 48 bins each lie in the span."""
    model = report.evaluation.forecasts[0]

    assert report.events == 2
    assert model.in_events is not None
    assert model.in_events.bins == 96
    assert model.everywhere.bins == 4 * 288


def test_persistence_is_the_load_a_lead_before(report: Report) -> None:
    """At a lead of 15 minutes it repeats the bin that began 20 minutes before: its skill against itself is none."""
    test = report.test

    np.testing.assert_allclose(test.lagged(test.lead_bins)[3000], test.actual[2996])
    assert report.evaluation.forecasts[1].everywhere.skill == 0


def test_no_forecast_has_seen_its_future(tmp_path: Path) -> None:
    """Cutting a trace off after an origin leaves the forecasts made until then as they were."""
    trace, _ = written_trace(tmp_path, days=6)
    grid = log_grid(whole_bins(read_trace(trace)))
    actual = requests_in_bins(whole_bins(read_trace(trace)))

    whole = back_test(grid, actual, (), lead_min=15, first=1152, last=1728)
    part = back_test(grid, actual, (), lead_min=15, first=1152, last=1500)

    np.testing.assert_allclose(part.median[1152:1500], whole.median[1152:1500])
    np.testing.assert_array_equal(part.alarms[1148:1496], whole.alarms[1148:1496])


def test_a_trace_too_short_for_a_model_is_foreseen_by_its_level(tmp_path: Path) -> None:
    """An hour of load has no model and no season, and still a table."""
    lines = [f"2026-01-01 00:{minute:02d}:00,10" for minute in range(60)]

    short = report_on(written(tmp_path / "t.csv", "timestamp,count", *lines), None, lead_min=15, span=Span(14))

    assert short.test.method is Method.LEVEL
    assert short.evaluation.forecasts[0].everywhere.accuracy == pytest.approx(1)
    assert "-" in short.tables()[0].rows[2]


@pytest.mark.parametrize("span", [Span(14, until=None, begin=None), Span(0.001)])
def test_a_span_without_bins_is_refused(tmp_path: Path, span: Span) -> None:
    """Nothing to learn from, or nothing to score."""
    trace = written(tmp_path / "t.csv", "timestamp,count", *(f"2026-01-01 00:{minute:02d},1" for minute in range(9)))

    with pytest.raises(UnreadableTrace, match="to score"):
        report_on(trace, None, lead_min=15, span=span)


def test_the_command_prints_tables_or_one_document(tmp_path: Path) -> None:
    """The same figures for a reader and for a program."""
    trace, events = written_trace(tmp_path, days=4)
    arguments = ["evaluate", "--trace", str(trace), "--events", str(events), "--from", "2026-06-04"]

    table = CliRunner().invoke(app, arguments)
    document = json.loads(CliRunner().invoke(app, [*arguments, "--json"]).stdout)

    assert table.exit_code == 0
    assert "persistence" in table.stdout
    assert "accuracy = 1 - WAPE" in table.stdout
    assert document["lead_min"] == 15
    assert f"{document['forecasts'][0]['everywhere']['accuracy']:.3f}" in table.stdout


def test_the_command_fails_in_a_sentence(tmp_path: Path) -> None:
    """A file that cannot be read is named, without a traceback."""
    result = CliRunner().invoke(app, ["evaluate", "--trace", str(tmp_path / "absent.csv")])

    assert isinstance(result.exception, CommandFailed)
    assert "absent.csv" in str(result.exception)


def test_world_cup_98_meets_its_goals() -> None:
    """The development span: accuracy, skill, event windows, bands, onsets and alarms reach their goals."""
    trace, events = real_trace("worldcup98_1min_to_0630.csv"), real_trace("worldcup98_fixtures.csv")

    found = report_on(trace, events, lead_min=15, span=Span(14)).evaluation

    model = found.forecasts[0]
    assert model.in_events is not None
    assert model.everywhere.accuracy >= 0.92
    assert model.everywhere.skill >= 0.30
    assert model.in_events.accuracy >= 0.90
    assert model.in_events.within_15 >= 0.86
    assert 0.93 <= found.provisioning.coverage <= 0.97
    assert found.provisioning.coverage_in_events >= 0.94
    assert found.provisioning.over_provision <= 0.20
    assert (found.bursts.alarms.bursts, found.bursts.onsets_covered) == (15, 1)
    assert found.bursts.alarms.recall >= 0.95
    assert found.bursts.alarms.precision >= 0.80


@pytest.mark.parametrize(
    "name",
    [
        "nab_Twitter_volume_AMZN.csv",
        "nab_Twitter_volume_GOOG.csv",
        "nab_elb_request_count_8c0756.csv",
        "nasa_http_1995_07_1min.csv",
        "nyc_taxi_to_20141031.csv",
    ],
)
def test_other_traces_are_foreseen_better_than_by_repeating(name: str) -> None:
    """Better than persistence, day-naive and week-naive on each."""
    model, *others = report_on(real_trace(name), None, lead_min=15, span=Span(14)).evaluation.forecasts

    assert model.everywhere.accuracy > max(other.everywhere.accuracy for other in others)


def test_a_lead_is_whole_bins() -> None:
    """A trace of half hours is scored at the next half hour after the lead, and says so."""
    assert bins_ahead(15, 30) == 2
