"""What is expected of an event where no model has learned it."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from functions.burst_prediction.crowds import crowds_in
from functions.burst_prediction.event_prior import forecast_of_events, with_event_priors, without_those_who_leave
from functions.burst_prediction.forecast import forecast_load
from functions.burst_prediction.load_history import LoadHistory
from functions.burst_prediction.method_choice import Method
from functions.burst_prediction.plan import PlanPolicy, RegionLimits, plan_region
from functions.burst_prediction.ramp import Ramp
from shared.domain.calendar import CalendarEvent
from shared.domain.scaling_plan import PlanReason
from tests.unit.functions.burst_prediction.builders import MONDAY, REGION, crowds_of, event

PEAK = timedelta(minutes=30)
STADIUM = event(audience=60_000, requests_per_viewer=2.0, peak_after_start=PEAK)


def start_of(one: CalendarEvent) -> float:
    """Its start, in minutes since the epoch."""
    return crowds_of(one)[0].start_min


def test_an_audience_is_requests_where_no_load_is_known() -> None:
    """Over the event its median adds up to what the audience asks, and its bands are wide."""
    forecast = forecast_of_events(REGION, start_of(STADIUM) - 60, crowds_of(STADIUM))

    assert forecast is not None
    assert forecast.method is Method.EVENT_PRIOR
    drawn = float((forecast.quantile(0.5) * forecast.lengths_min).sum())
    assert drawn == pytest.approx(120_000, rel=0.03)
    peak = forecast.quantile(0.5).argmax()
    assert forecast.quantile(0.95)[peak] == pytest.approx(4 * forecast.quantile(0.5)[peak], rel=0.01)


def test_regions_share_an_audience_by_their_weights() -> None:
    """Two regions of weights 1 and 0.25 draw four to one, and together what one alone would."""
    both = event(audience=60_000, requests_per_viewer=2.0, region_weights={REGION: 1.0, "us-east1": 0.25})
    times = list(both.occurrences(*_around()))

    drawn = [crowds_in(region, times)[0].requests for region in (REGION, "us-east1")]

    assert drawn == [pytest.approx(96_000), pytest.approx(24_000)]


def test_without_an_audience_nothing_can_be_said() -> None:
    """No load and no audience: a multiple of nothing known is nothing."""
    assert forecast_of_events(REGION, start_of(event()) - 60, crowds_of(event())) is None


def test_the_plan_says_that_it_stands_on_a_prior() -> None:
    """Instances are there at the start, and steps in the event say why."""
    crowds = crowds_of(STADIUM)
    forecast = forecast_of_events(REGION, start_of(STADIUM) - 120, crowds)
    assert forecast is not None

    policy, limits = PlanPolicy(requests_per_min=1000), RegionLimits(80, Ramp(10, 90), 0)
    steps = plan_region(forecast, crowds, policy, limits)

    assert max(step.instances for step in steps if step.reason is PlanReason.PRIOR) >= 4
    assert steps[0].instances == 0


@pytest.mark.parametrize("match", [STADIUM, event(peak_after_start=PEAK)], ids=["audience", "kind alone"])
def test_a_level_is_lifted_by_an_event_ahead_once(match: CalendarEvent) -> None:
    """Half an hour of load knows no event: its prior comes on top, but not on what has come of it already."""
    begin = start_of(match)
    quiet, loud = _level_until(begin - 60, 100.0), _level_until(begin + 30, 3000.0)

    ahead = with_event_priors(forecast_load(quiet, (), model=None, method=Method.LEVEL), crowds_of(match))
    amid = with_event_priors(forecast_load(loud, (), model=None, method=Method.LEVEL), crowds_of(match))

    assert ahead.quantile(0.5).max() > 2 * 100
    assert ahead.by_prior is not None
    assert ahead.by_prior.any()
    assert amid.quantile(0.5).max() <= 1.01 * 3000
    assert amid.quantile(0.5)[-1] <= 1.01 * 3000


def test_a_level_falls_as_those_leave_who_lifted_it() -> None:
    """In the middle of a first event: a day ahead there is what there was before it, not its crowd."""
    begin = start_of(STADIUM)
    minutes = begin - 240 + np.arange(300.0)
    history = LoadHistory(REGION, begin - 240, 1, np.where(minutes > begin - 20, 3000.0, 100.0))
    amid = forecast_load(history, (), model=None, method=Method.LEVEL)

    found = without_those_who_leave(amid, crowds_of(STADIUM), history).quantile(0.5)

    assert found[0] == pytest.approx(amid.quantile(0.5)[0], rel=0.05)
    assert found[-1] == pytest.approx(100, rel=0.05)


def test_what_a_crowd_did_does_not_widen_quiet_hours() -> None:
    """After a first crowd the bands of the night ahead are those of quiet bins, not of its rise."""
    match = event(peak_after_start=PEAK)
    begin = start_of(match)
    minutes = begin - 240 + np.arange(600.0)
    counts = np.where((minutes > begin - 30) & (minutes < begin + 150), 3000.0, 100.0)
    history = LoadHistory(REGION, begin - 240, 1, counts)

    knowing = forecast_load(history, crowds_of(match), model=None, method=Method.LEVEL)
    ignorant = forecast_load(history, (), model=None, method=Method.LEVEL)

    assert knowing.quantile(0.9)[-1] < 3 * knowing.quantile(0.5)[-1]
    assert ignorant.quantile(0.9)[-1] > 10 * ignorant.quantile(0.5)[-1]


def _level_until(end_min: float, per_min: float) -> LoadHistory:
    return LoadHistory(REGION, end_min - 30, 1, np.full(30, per_min))


def _around() -> tuple[datetime, datetime]:
    start = MONDAY.replace(tzinfo=UTC)
    return start - timedelta(days=1), start + timedelta(days=10)
