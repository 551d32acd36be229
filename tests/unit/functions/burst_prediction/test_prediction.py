"""The function as a whole, on fakes: load and calendar in, a plan out, whatever is delivered how often."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest

from functions.burst_prediction.load_history import minutes_since_epoch
from functions.burst_prediction.score_log import ScoredBin, log_document
from functions.burst_prediction.settings import BurstPredictionSettings
from functions.burst_prediction.wiring import build
from shared.adapters.opening import Adapters
from shared.crowds.calendar_store import CalendarStore
from shared.crowds.load_days import LoadDays
from shared.crowds.paths import drawn_document, forecast_document, forecast_score_document
from shared.crowds.plan_store import load_plan
from shared.crowds.timeline import EntryKind, Timeline
from shared.domain.load import LoadMinute, LoadSample
from shared.domain.scaling_plan import PlanReason, ScalingPlan
from shared.entrypoint import Consumer
from shared.events.codec import to_message
from shared.events.crowds import CalendarChangedV1, ForecastDueV1, PlanChangedV1
from shared.outcomes import Outcome
from shared.ports.state import Put
from shared.telemetry import log_to
from tests.fakes.clock import FrozenClock
from tests.fakes.crowds import GivenLoad, paper_platform
from tests.fakes.objects import InMemoryObjects
from tests.fakes.publisher import RecordingPublisher
from tests.fakes.state import InMemoryState
from tests.unit.functions.burst_prediction.builders import REGION, event, minute_history

DAYS = 9
NOW = datetime(2026, 6, 1, tzinfo=UTC) + timedelta(days=DAYS)


@dataclass
class Prediction:
    """The function with nine days of load behind it, at the test's command."""

    consumer: Consumer
    clock: FrozenClock
    state: InMemoryState
    publisher: RecordingPublisher
    load: GivenLoad
    calendar: CalendarStore
    timeline: Timeline

    def forecast(self) -> Outcome:
        """Deliver a tick."""
        now = self.clock.now()
        return self._deliver(ForecastDueV1(event_id=f"tick-{now}", occurred_at=now))

    def calendar_changed(self, revision: int) -> Outcome:
        """Deliver a change of the calendar."""
        return self._deliver(CalendarChangedV1(event_id="c", occurred_at=self.clock.now(), revision=revision))

    def _deliver(self, one: ForecastDueV1 | CalendarChangedV1) -> Outcome:
        message = to_message(one)
        return self.consumer.consume(message.data, message.attributes)

    def plan(self) -> ScalingPlan:
        """The plan that holds."""
        plan = load_plan(self.state)
        assert plan is not None
        return plan


@pytest.fixture
def prediction() -> Prediction:
    """Nine quiet days of load of one region, known; the last hour still to be asked for."""
    clock, publisher = FrozenClock(NOW), RecordingPublisher()
    state = InMemoryState(clock=clock)
    history = minute_history(DAYS)
    start = NOW - timedelta(minutes=len(history.counts))
    counts = [int(count) for count in history.counts]
    LoadDays(state).merge(
        LoadSample(REGION, start + timedelta(minutes=position), count, NOW)
        for position, count in enumerate(counts[:-60])
    )
    last_hour = [
        LoadMinute(REGION, NOW - timedelta(minutes=60 - position), count, NOW, 1)
        for position, count in enumerate(counts[-60:])
    ]
    load = GivenLoad(last_hour)
    adapters = Adapters(state, InMemoryObjects(clock=clock), publisher, clock)
    platform = paper_platform(state, clock, load)
    settings = BurstPredictionSettings.model_validate(
        {"runtime": "embedded", "data_dir": "unused", "requests_per_min_per_instance": 500.0}
    )
    consumer = build(adapters, platform, settings)
    return Prediction(consumer, clock, state, publisher, load, CalendarStore(state), Timeline(state))


def test_load_becomes_a_plan_for_the_regions_that_have_any(prediction: Prediction) -> None:
    """The day's course is planned for; it is announced and told, and the forecast can be looked at."""
    assert prediction.forecast() is Outcome.DONE

    plan = prediction.plan()
    assert set(plan.steps) == {REGION}
    assert 3 <= max(step.instances for step in plan.steps[REGION]) <= 7  # 2,000 a minute, 500 an instance, headroom
    (changed,) = prediction.publisher.take("scaling-plans")
    assert changed.attributes["ce-type"] == PlanChangedV1.type
    shown = prediction.state.get(forecast_document(REGION))
    assert shown is not None
    assert shown.data["method"] == "growth_model"
    told = prediction.timeline.since(NOW - timedelta(minutes=1))
    assert [one.kind for one in told] == [EntryKind.PLAN]
    assert REGION in told[0].text


def test_an_announced_event_raises_the_plan_before_it_begins(prediction: Prediction) -> None:
    """The first match of its kind is planned for from the priors, early enough for the ramp."""
    prediction.forecast()
    quiet = prediction.plan()
    change = prediction.calendar.put([event(days=9.0)])  # today at 18:00

    prediction.calendar_changed(change.revision)

    plan = prediction.plan()
    kick_off = NOW + timedelta(hours=18)
    assert plan.revision == quiet.revision + 1
    assert plan.floor_at(REGION, kick_off) > 2 * quiet.floor_at(REGION, kick_off)
    reasons = {step.reason for step in plan.steps[REGION]}
    assert PlanReason.EVENT in reasons


def test_an_announced_multiple_is_planned_for_once_however_often_it_is_told(prediction: Prediction) -> None:
    """Twenty times the 810 of that hour, at 500 an instance; what its kind has drawn is kept for people."""
    prediction.forecast()
    change = prediction.calendar.put([event(days=9.0, expected_multiple=20.0)])

    prediction.calendar_changed(change.revision)
    once = prediction.plan()
    prediction.calendar_changed(change.revision)

    floor = once.floor_at(REGION, NOW + timedelta(hours=19, minutes=30))
    assert 36 <= floor <= 45
    assert PlanReason.PRIOR in {step.reason for step in once.steps[REGION]}
    assert prediction.plan().revision == once.revision
    drawn = prediction.state.get(drawn_document(REGION))
    assert drawn is not None
    assert drawn.data == {}


def test_delivered_twice_the_plan_stays_and_is_the_same_announcement(prediction: Prediction) -> None:
    """A second delivery of the same moment changes no revision and tells no second story."""
    prediction.forecast()
    prediction.forecast()

    first, second = prediction.publisher.take("scaling-plans")
    assert first.attributes["ce-id"] == second.attributes["ce-id"]
    assert prediction.plan().revision == 1
    assert len(prediction.timeline.since(NOW - timedelta(minutes=1))) == 1


def test_forecasts_are_scored_once_load_has_come(prediction: Prediction) -> None:
    """Half an hour later the bin that was foreseen at a lead of 15 minutes has its score."""
    prediction.forecast()
    for minute in range(30):
        at = NOW + timedelta(minutes=minute)
        prediction.load.given.append(LoadMinute(REGION, at, 500, at + timedelta(minutes=1), 1))
    prediction.clock.advance(timedelta(minutes=30))

    prediction.forecast()

    document = prediction.state.get(forecast_score_document(REGION))
    assert document is not None
    assert document.data["log"][0]["actual"] == 2500
    assert document.data["scores"]["bins"] == 1
    assert 0 <= document.data["scores"]["model_wape"] < 0.5


def test_without_any_load_nothing_is_planned(prediction: Prediction) -> None:
    """A new project has no load: no forecast, an empty plan, no error."""
    empty = InMemoryState(clock=prediction.clock)
    adapters = Adapters(empty, InMemoryObjects(clock=prediction.clock), prediction.publisher, prediction.clock)
    platform = paper_platform(empty, prediction.clock)
    settings = BurstPredictionSettings.model_validate({"runtime": "embedded", "data_dir": "unused"})
    tick = to_message(ForecastDueV1(event_id="tick", occurred_at=NOW))

    outcome = build(adapters, platform, settings).consume(tick.data, tick.attributes)

    plan = load_plan(empty)
    assert outcome is Outcome.DONE
    assert plan is not None
    assert plan.steps == {}


def test_a_model_that_does_worse_is_replaced_with_a_warning_until_it_is_better_again(prediction: Prediction) -> None:
    """In the log and where operators look, once; what it foresaw meanwhile decides when it returns."""
    logged = StringIO()
    prediction.forecast()
    log_to(logged)

    methods = []
    for error in (2.0, 1.1, 1.0):  # far off, nearly as good as last week's load, and better than that
        prediction.clock.advance(timedelta(minutes=5))
        _remember_forecasts(prediction, error)
        prediction.forecast()
        prediction.forecast()
        shown = prediction.state.get(forecast_document(REGION))
        assert shown is not None
        methods.append((shown.data["method"], shown.data["reason"]))
    log_to(None)

    assert methods == [
        ("week_naive", "model_is_worse"),
        ("week_naive", "model_not_yet_better_again"),
        ("growth_model", "model_is_better"),
    ]
    told = [one for one in prediction.timeline.since(NOW) if "the forecast model" in one.text]
    assert [one.kind for one in told] == [EntryKind.ALERT, EntryKind.FORECAST]
    lines = [json.loads(line) for line in logged.getvalue().splitlines()]
    (warned,) = [line for line in lines if line["message"] == "forecast model replaced"]
    assert (warned["severity"], warned["region"], warned["method"]) == ("WARNING", REGION, "week_naive")
    assert [line["message"] for line in lines].count("forecast model returned") == 1


def _remember_forecasts(prediction: Prediction, error: float) -> None:
    """As if the last two days had been forecast: by the model with a factor, by last week with 10.2 % too much."""
    document = prediction.state.get(forecast_score_document(REGION))
    assert document is not None
    counts = minute_history(DAYS).counts
    bins = []
    for first in range(len(counts) - 2 * 1440, len(counts) - 60, 5):
        made_at_min = minutes_since_epoch(NOW) - len(counts) + first - 15
        came = float(counts[first : first + 5].sum())
        bins.append(ScoredBin(made_at_min, error * came, 1.102 * came, came, 1.2 * came, actual=float("nan")))
    data = {**document.data, "log": log_document(bins)}
    prediction.state.commit([Put(forecast_score_document(REGION), data)])
