"""The plan: enough instances, in time, and gently down."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.burst_prediction.arrays import Floats
from functions.burst_prediction.forecast import STEP_LENGTHS_MIN, Forecast
from functions.burst_prediction.load_history import moment_of
from functions.burst_prediction.method_choice import Method
from functions.burst_prediction.plan import PlanPolicy, RegionLimits, plan_region, rung
from functions.burst_prediction.plan_revision import revise_plan
from functions.burst_prediction.ramp import Ramp, ask_early
from shared.domain.scaling_plan import PlanReason, PlanStep
from tests.unit.functions.burst_prediction.builders import REGION, crowds_of, event

POLICY = PlanPolicy(requests_per_min=1000, headroom=0.0)
(MATCH,) = crowds_of(event())
MADE_AT = MATCH.start_min - 720


def forecast_of(rates: Floats) -> Forecast:
    """A forecast made half a day before the match; the given rates by step are every quantile."""
    starts = MADE_AT + np.concatenate([[0], np.cumsum(STEP_LENGTHS_MIN)[:-1]])
    return Forecast(
        REGION, MADE_AT, Method.GROWTH_MODEL, starts, STEP_LENGTHS_MIN.astype(np.float64), np.tile(rates[:, None], 4)
    )


def steps_between(start_min: float, end_min: float, level: float, base: float = 1000.0) -> Floats:
    """A rate by step: `level` from one minute of the plan to another, `base` elsewhere."""
    starts = np.concatenate([[0], np.cumsum(STEP_LENGTHS_MIN)[:-1]])
    return np.where((starts >= start_min) & (starts < end_min), level, base)


def limits(quota: int = 10_000, per_min: int = 10, warm_up_s: float = 90, running: int = 1) -> RegionLimits:
    """What a region can do."""
    return RegionLimits(quota, Ramp(per_min, warm_up_s), running)


def by_minute(steps: tuple[PlanStep, ...]) -> Floats:
    """The floor of each minute of the plan."""
    floor = np.zeros(1440)
    for step in steps:
        floor[round((step.starts_at - moment_of(MADE_AT)) / timedelta(minutes=1)) :] = step.instances
    return floor


def test_a_crowd_is_asked_for_as_early_as_its_ramp_needs() -> None:
    """100 instances at 10 a minute and two minutes of warm-up: the first are asked for 12 minutes before, not 15."""
    steps = plan_region(forecast_of(steps_between(600, 720, 100_000)), [], POLICY, limits())

    floor = by_minute(steps)
    first = int(np.argmax(floor > 2))
    assert 600 - 15 - 1 < first <= 600 - 11
    assert floor[600] >= 100
    assert next(step.reason for step in steps if step.instances > 2) is PlanReason.RAMP_AHEAD


def test_a_slow_ramp_asks_an_hour_before() -> None:
    """At two a minute the same crowd is asked for 50 minutes before."""
    floor = by_minute(plan_region(forecast_of(steps_between(600, 720, 100_000)), [], POLICY, limits(per_min=2)))

    assert floor[600 - 40] >= 20
    assert floor[600] >= 100


@settings(max_examples=60, deadline=None)
@given(
    needed=st.lists(st.integers(0, 300), min_size=5, max_size=60),
    per_min=st.integers(1, 80),
    warm_up_s=st.integers(0, 600),
    running=st.integers(0, 300),
)
def test_whoever_follows_the_plan_has_what_is_needed_in_time(
    needed: list[int], per_min: int, warm_up_s: int, running: int
) -> None:
    """A fleet that starts what is asked for at the rate of the ramp meets every need that could still be met."""
    ramp = Ramp(per_min, warm_up_s)
    asked = ask_early(np.array(needed, np.float64), ramp)
    started = np.empty(len(needed))
    total = float(running)
    for minute, wanted in enumerate(asked):
        total = max(total, min(wanted, total + per_min))
        started[minute] = total
    begun = int(np.ceil((max(needed) + 1) / per_min)) + ramp.warm_up_min + 1

    for minute in range(begun, len(needed)):
        assert started[minute - ramp.warm_up_min] >= needed[minute]
    assert (asked >= np.array(needed)).all()


def test_a_crowd_that_leaves_is_stepped_down_over_half_an_hour() -> None:
    """The floor falls evenly: half is left after a quarter of an hour, nothing of it after half an hour."""
    floor = by_minute(plan_region(forecast_of(steps_between(600, 720, 100_000)), [], POLICY, limits()))

    assert floor[719] >= 100
    assert 45 <= floor[737] <= 75
    assert floor[760] <= 2
    assert (np.diff(floor[715:]) <= 0).all()


def test_event_windows_are_provided_for_with_the_higher_quantile() -> None:
    """P90 usually, P95 from an hour before a match until its crowd has left."""
    forecast = forecast_of(steps_between(0, 1440, 5000))
    quantiles = forecast.requests_per_min * np.array([0.5, 1.0, 2.0, 4.0])

    steps = plan_region(replace(forecast, requests_per_min=quantiles), [MATCH], POLICY, limits(running=5))

    floor = by_minute(steps)
    assert floor[100] == 5
    assert floor[725] == 12  # the rung above 10
    assert PlanReason.EVENT in {step.reason for step in steps}


def test_headroom_is_added() -> None:
    """A fifth of headroom on ten instances makes twelve."""
    policy = replace(POLICY, headroom=0.2)

    assert by_minute(plan_region(forecast_of(steps_between(0, 1440, 10_000)), [], policy, limits()))[700] == 12


def test_a_region_that_nobody_asks_keeps_nothing() -> None:
    """Below a request a minute the plan is zero for the day, and says so once."""
    (step,) = plan_region(forecast_of(steps_between(0, 0, 0, base=0.4)), [], POLICY, limits(running=0))

    assert (step.instances, step.reason) == (0, PlanReason.NOTHING_EXPECTED)


def test_a_floor_of_one_instance_does_not_come_and_go_with_every_forecast() -> None:
    """Load around a request a minute: planned once it is reached, kept until a quarter of it is."""
    asked, hardly, idle = (forecast_of(steps_between(0, 0, 0, base=rate)) for rate in (1.1, 0.4, 0.2))
    first = plan_region(asked, [], POLICY, limits())

    kept = plan_region(hardly, [], POLICY, limits(), first)
    gone = plan_region(idle, [], POLICY, limits(), first)

    assert [{step.instances for step in steps} for steps in (first, kept, gone)] == [{1}, {1}, {0}]


@pytest.mark.parametrize(("rate", "expected"), [(1.5, 0), (1500.0, 2)], ids=["one instance", "more than one"])
def test_a_single_instance_is_not_planned_for_what_will_most_probably_not_come(rate: float, expected: int) -> None:
    """Two requests by chance make a quantile, not a median; where more than one may be needed, it is provided for."""
    forecast = forecast_of(steps_between(0, 0, 0, base=rate))
    unlikely = replace(forecast, requests_per_min=forecast.requests_per_min * np.array([0.0, 1.0, 1.0, 1.0]))

    steps = plan_region(unlikely, [], POLICY, limits())

    assert {step.instances for step in steps} == {expected}


def test_the_quota_is_never_passed_and_is_named() -> None:
    """What the quota cuts off is said in the step."""
    steps = plan_region(forecast_of(steps_between(600, 720, 100_000)), [], POLICY, limits(quota=40))

    assert max(step.instances for step in steps) == 40
    assert PlanReason.QUOTA_REACHED in {step.reason for step in steps if step.instances == 40}


def test_a_crowd_that_comes_too_soon_is_asked_for_at_once_and_is_named() -> None:
    """A hundred instances in five minutes cannot be there at ten a minute: all are asked for, and the reason tells."""
    steps = plan_region(forecast_of(steps_between(5, 60, 100_000)), [], POLICY, limits())

    assert steps[0].instances >= 70
    assert PlanReason.RAMP_TOO_SLOW in {step.reason for step in steps}


def test_rungs_are_at_most_a_quarter_apart() -> None:
    """Rounding up never costs more than a quarter, or one instance."""
    for instances in range(300):
        assert instances <= rung(instances) <= max(instances + 1, 1.25 * instances + 1)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Ramp(0, 10), "instances_per_min"),
        (lambda: Ramp(1, -1), "warm_up_s"),
        (lambda: PlanPolicy(requests_per_min=0), "requests_per_min"),
        (lambda: PlanPolicy(requests_per_min=1, headroom=-1), "headroom"),
        (lambda: PlanPolicy(requests_per_min=1, step_down_min=0), "step_down_min"),
    ],
)
def test_senseless_settings_are_refused(make: object, words: str) -> None:
    """The error names the setting."""
    with pytest.raises(ValueError, match=words):
        make()  # type: ignore[operator]


NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def steps_at(*steps: tuple[float, int]) -> tuple[PlanStep, ...]:
    """Steps so many hours from now."""
    return tuple(PlanStep(NOW + timedelta(hours=hours), count, PlanReason.FORECAST) for hours, count in steps)


def test_a_plan_answers_for_every_moment() -> None:
    """Nothing before its first step and after its end, and nothing for a region it does not know."""
    plan = revise_plan(None, {REGION: steps_at((0, 3), (2, 5))}, NOW)

    floors = [plan.floor_at(REGION, NOW + timedelta(hours=hours)) for hours in (-1, 0, 1.9, 2, 23.9, 24)]

    assert floors == [0, 3, 3, 5, 5, 0]
    assert plan.floor_at("elsewhere", NOW) == 0


@pytest.mark.parametrize(
    ("steps", "revision"),
    [
        pytest.param(((0, 3), (2, 5)), 1, id="the same steps"),
        pytest.param(((0.25, 3), (2, 5)), 1, id="the first has begun"),
        pytest.param(((0.25, 3), (1, 3), (2, 5)), 1, id="a step that changes nothing"),
        pytest.param(((0.25, 3), (2, 6)), 2, id="another number"),
        pytest.param(((0.25, 3), (2.5, 5)), 2, id="another time"),
        pytest.param(((0.25, 3), (2, 5), (24.2, 9)), 2, id="one more at the end"),
        pytest.param((), 2, id="nothing left"),
    ],
)
def test_the_revision_rises_when_something_changes(steps: tuple[tuple[float, int], ...], revision: int) -> None:
    """Plans that ask for the same from now on are one revision, however often they are made."""
    first = revise_plan(None, {REGION: steps_at((0, 3), (2, 5))}, NOW)

    second = revise_plan(first, {REGION: steps_at(*steps)}, NOW + timedelta(minutes=15))

    assert second.revision == revision
    assert second.until == NOW + timedelta(hours=24, minutes=15)


def test_a_region_of_zeros_is_no_change() -> None:
    """A new region for which nothing is asked needs no new revision; one that is asked for does."""
    first = revise_plan(None, {REGION: steps_at((0, 3))}, NOW)

    quiet = revise_plan(first, {REGION: steps_at((0, 3)), "new": steps_at((0, 0))}, NOW)
    busy = revise_plan(first, {REGION: steps_at((0, 3)), "new": steps_at((0, 0), (1, 4))}, NOW)

    assert (quiet.revision, busy.revision) == (1, 2)


def test_a_floor_that_is_one_rung_too_high_is_kept() -> None:
    """Forecasts that fall a little from one to the next leave the plan and its jobs alone; larger falls do not."""
    first = plan_region(forecast_of(steps_between(600, 720, 12_000)), [], POLICY, limits())
    little = plan_region(forecast_of(steps_between(600, 720, 8_500)), [], POLICY, limits(), first)
    less = plan_region(forecast_of(steps_between(600, 720, 5_000)), [], POLICY, limits(), first)
    nothing = plan_region(forecast_of(steps_between(0, 0, 0, base=0)), [], POLICY, limits(), first)

    assert [by_minute(steps)[700] for steps in (first, little, less)] == [12, 12, 5]
    assert {step.instances for step in nothing} == {0}


def forecast_at(made_at_min: float, begins_min: float, ends_min: float) -> Forecast:
    """A forecast of that moment: 20,000 a minute from one moment to another, 1,000 else, in steps of its own."""
    one = forecast_of(np.zeros(len(STEP_LENGTHS_MIN)))
    starts = one.starts_min - MADE_AT + made_at_min
    in_crowd = (starts + one.lengths_min > begins_min) & (starts < ends_min)
    rates = np.where(in_crowd, 20_000.0, 1_000.0)
    return replace(one, made_at_min=made_at_min, starts_min=starts, requests_per_min=np.tile(rates[:, None], 4))


@settings(max_examples=12, deadline=None)
@given(begins=st.integers(300, 1200), pauses_min=st.lists(st.integers(1, 12), min_size=2, max_size=8))
def test_floors_far_ahead_do_not_move_with_each_forecast(begins: int, pauses_min: list[int]) -> None:
    """Never fewer than the forecast alone asks for, never more than it asks for within a quarter of an hour.

    A rise that moves with the steps of the forecasts moves only to where it is earlier, while it is hours away.
    """
    made_at, begins_min = MADE_AT, MADE_AT + begins
    previous: tuple[PlanStep, ...] = ()
    rises = []
    for pause_min in pauses_min:
        forecast = forecast_at(made_at, begins_min, begins_min + 180)
        alone, plan = (plan_region(forecast, [], POLICY, limits(), before) for before in ((), previous))
        moments = [moment_of(made_at + minute) for minute in range(0, 1440, 5)]
        asked = [floor_in(alone, moment) for moment in moments]
        kept = [floor_in(plan, moment) for moment in moments]
        for number, instances in enumerate(kept):
            assert asked[number] <= instances <= max(asked[max(0, number - 4) : number + 5])
        if begins_min - made_at > 270:
            rises.append(next(step.starts_at for step in plan if step.instances >= 20))
        made_at, previous = made_at + pause_min, plan

    assert rises == sorted(rises, reverse=True)


def floor_in(steps: tuple[PlanStep, ...], moment: datetime) -> int:
    """The instances that steps keep at a moment."""
    return max((step for step in steps if step.starts_at <= moment), key=lambda step: step.starts_at).instances


def test_steps_begin_on_the_clock_whenever_the_forecast_was_made() -> None:
    """A change of the calendar three minutes after a forecast does not shift every job by three minutes."""
    steps = plan_region(forecast_at(MADE_AT + 3, MADE_AT + 200, MADE_AT + 260), [], POLICY, limits())

    assert len(steps) > 2
    assert {step.starts_at.minute % 5 for step in steps[1:]} == {0}
