"""Recorded traces, read."""

from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from functions.burst_prediction.load_history import moment_of
from shared.domain.calendar import EventType
from swell.forecasting import traces
from swell.forecasting.report import whole_bins
from swell.forecasting.trace_events import read_events
from swell.forecasting.traces import UnreadableTrace, moment_in, read_trace
from tests.unit.swell.forecasting.builders import real_trace, written


def test_counts_are_laid_on_an_even_grid(tmp_path: Path) -> None:
    """A missing line, an empty count and NaN are unknown; the offset of the times within a step does not matter."""
    lines = ["2026-01-01 00:02:53,4", "2026-01-01 00:07:53,", "2026-01-01 00:12:53,nan", "2026-01-01 00:22:53,5"]

    history = read_trace(written(tmp_path / "t.csv", "timestamp,value", *lines))

    assert (history.region, history.step_min) == ("t", 5)
    assert moment_of(history.start_min).isoformat() == "2026-01-01T00:00:00+00:00"
    np.testing.assert_array_equal(history.counts, [4, np.nan, np.nan, np.nan, 5])


def test_lines_of_more_columns_are_requests(tmp_path: Path) -> None:
    """One line a request is counted by minute; a minute without any had none."""
    lines = ["2026-01-01 00:00:01.1234567,1,2", "2026-01-01 00:00:59,1,2", "2026-01-01 00:02:00,1,2"]

    assert read_trace(written(tmp_path / "t.csv", "TIMESTAMP,In,Out", *lines)).counts.tolist() == [2, 0, 1]


def test_times_with_an_offset_are_converted() -> None:
    """Noon in Paris in summer is ten in UTC; seven digits of a second are as good as six."""
    assert moment_in("2026-07-01T12:00:00+02:00") == moment_in("2026-07-01 10:00:00")
    assert moment_in("2026-07-01T12:00:00.1234567+02:00").microsecond == 123456


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        pytest.param([""], "header", id="empty"),
        pytest.param(["timestamp"], "header", id="one column"),
        pytest.param(["timestamp,count"], "no lines", id="no lines"),
        pytest.param(["timestamp,count", "yesterday,3"], r"line 2.*'yesterday'.*ISO 8601", id="no time"),
        pytest.param(["timestamp,count", "2026-01-01,many"], "line 2.*many", id="no count"),
        pytest.param(["timestamp,count", "2026-01-01"], "line 2.*a time and a count", id="too short"),
        pytest.param(["timestamp,count", "2026-01-01,-3"], "line 2.*-3.*0 or more", id="negative"),
        pytest.param(["timestamp,count", "2026-01-02,1", "2026-01-01,1"], "line 3.*rising", id="times that fall"),
        pytest.param(
            ["timestamp,count", "1990-01-01,1", "1990-01-01 00:01,1", "1990-01-01 00:02,1", "2026-01-01,1"],
            "minutes, allowed",
            id="too long",
        ),
    ],
)
def test_what_is_not_a_trace_is_refused_by_line(tmp_path: Path, lines: list[str], words: str) -> None:
    """The error names the file, the line, what it was and what is allowed."""
    with pytest.raises(UnreadableTrace, match=words):
        read_trace(written(tmp_path / "t.csv", *lines))


def test_a_file_of_too_many_lines_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit is named; nothing is worked out of the lines."""
    monkeypatch.setattr(traces, "MAX_ROWS", 3)

    with pytest.raises(UnreadableTrace, match="4 lines, allowed: 3"):
        read_trace(written(tmp_path / "t.csv", "timestamp,count", *["2026-01-01,1"] * 3))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """No traceback for a wrong name."""
    with pytest.raises(UnreadableTrace, match=r"absent\.csv"):
        read_trace(tmp_path / "absent.csv")


def test_bins_begin_as_clocks_show_them(tmp_path: Path) -> None:
    """What is unknown at the end and parts of bins at both ends are left out."""
    lines = [f"2026-01-01 00:{minute:02d}:00,{'nan' if minute > 21 else 1}" for minute in range(3, 30)]

    history = whole_bins(read_trace(written(tmp_path / "t.csv", "timestamp,count", *lines)))

    assert (history.start_min % 1440, history.end_min % 1440) == (5, 20)


def test_fixtures_are_matches_and_the_last_one_a_final(tmp_path: Path) -> None:
    """A list with stages is of sports; the stage `final` is a kind of its own."""
    lines = ["1998-07-11 19:00:00,105,third-place match,A,B", "1998-07-12 19:00:00,105,final,C,D"]
    events = written(tmp_path / "e.csv", "start_utc,duration_min,stage,home,away", *lines)

    third, final = read_events(events, "r")

    assert (third.kind, third.stage) == (EventType.SPORTS, "third-place match")
    assert (final.kind, final.name, final.duration) == (EventType.SPORTS_FINAL, "C", timedelta(minutes=105))
    assert final.region_weights == {"r": 1.0}


def test_events_may_say_their_kind_and_audience(tmp_path: Path) -> None:
    """Without stage and kind an event is of the kind other, and lasts an hour."""
    lines = ["start_local_edt,event,kind,audience", "1995-07-13 09:41,Launch,,", "1995-07-22 08:02,Sale,promotion,5000"]

    launch, sale = read_events(written(tmp_path / "e.csv", *lines), "r")

    assert (launch.kind, launch.duration, launch.audience) == (EventType.OTHER, timedelta(hours=1), None)
    assert (sale.kind, sale.audience) == (EventType.PROMOTION, 5000)


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        pytest.param(["when,what", "1995-07-13,x"], "start_utc", id="no start column"),
        pytest.param(["start_utc,event", "soon,x"], "line 2", id="no time"),
        pytest.param(["start_utc,kind", "1995-07-13,party"], "line 2.*party", id="unknown kind"),
        pytest.param(["start_utc,duration_min", "1995-07-13,0"], "line 2: duration", id="no duration"),
        pytest.param(["start_utc", *["1995-07-13"] * 10_001], "10001 events", id="too many"),
    ],
)
def test_what_is_not_an_event_is_refused_by_line(tmp_path: Path, lines: list[str], words: str) -> None:
    """The error names the file, the line and what is allowed."""
    with pytest.raises(UnreadableTrace, match=words):
        read_events(written(tmp_path / "e.csv", *lines), "r")


def test_the_real_traces_are_read() -> None:
    """A minute trace with gaps, one with odd seconds, one line a request, and two lists of events."""
    steps = {
        name: read_trace(real_trace(name)).step_min
        for name in ("nasa_http_1995_07_1min.csv", "nab_Twitter_volume_AMZN.csv", "azure_llm_2023_code.csv")
    }

    assert list(steps.values()) == [1, 5, 1]
    assert len(read_events(real_trace("worldcup98_fixtures.csv"), "r")) == 64
    assert len(read_events(real_trace("nasa_http_1995_events.csv"), "r")) == 3
