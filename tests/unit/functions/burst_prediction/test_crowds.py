"""Crowds that the calendar announces to a region, and what is believed of them at first."""

import math
from datetime import timedelta

import pytest

from functions.burst_prediction.priors import (
    PRIORS,
    log_lift_deviation,
    median_log_lift,
    prior_multiplier,
    strength,
)
from shared.domain.calendar import EventType, Occurrence
from tests.unit.functions.burst_prediction.builders import REGION, crowds_of, event


def occurrence(**fields: object) -> Occurrence:
    """The one time that an event is on."""
    one = event(**fields)  # type: ignore[arg-type]
    start = one.starts_at_local.astimezone()
    return Occurrence(one, start, start + one.duration)


def test_every_kind_of_event_has_a_prior() -> None:
    """No kind is without a multiplier above 1."""
    assert set(PRIORS) == set(EventType)
    assert all(prior.multiplier > 1 for prior in PRIORS.values())


def test_regions_share_the_excess_by_weight() -> None:
    """A region of half the weight sees half of what a 10x event adds, an unnamed one sees nothing."""
    weights = occurrence(region_weights={"a": 1.0, "b": 0.5})

    assert [prior_multiplier(weights, region) for region in ("a", "b", "c")] == [10.0, 5.5, 1.0]


def test_a_billion_of_audience_adds_a_tenth() -> None:
    """RuVector's rule: multiplier times 1 + 0.1 for each billion."""
    assert prior_multiplier(occurrence(audience=2_000_000_000), REGION) == pytest.approx(12.0)


def test_the_prior_spans_from_no_crowd_to_the_multiplier() -> None:
    """The median lies half way in log; the multiplier is the 95th percentile."""
    log_multiplier = math.log(10)

    top = median_log_lift(log_multiplier) + 1.645 * log_lift_deviation(log_multiplier)

    assert top == pytest.approx(log_multiplier)
    assert strength(log_multiplier) == 1.0


def test_events_that_start_together_make_one_crowd() -> None:
    """Two matches at a time draw the excess of both: 1 + 9 + 9."""
    (crowd,) = crowds_of(event(0, event_id="a"), event(0, event_id="b", duration=timedelta(hours=3)))

    assert crowd.events == 2
    assert crowd.log_multiplier == pytest.approx(math.log(19))
    assert crowd.end_min - crowd.start_min == 180
    assert crowd.strength > 1


def test_other_kinds_other_times_and_other_regions_stay_apart() -> None:
    """Crowds are told apart by start and kind; an event elsewhere is none here."""
    crowds = crowds_of(event(0), event(1), event(0, kind=EventType.CONCERT), event(0, region_weights={"us-east1": 1.0}))

    assert [crowd.kind for crowd in crowds] == ["concert", "sports", "sports"]


def test_the_stated_peak_counts_before_the_usual_one() -> None:
    """An operator who knows the peak is believed; a usual peak after the end is moved to it."""
    stated, short = crowds_of(event(0, peak_after_start=timedelta(minutes=5)), event(1, duration=timedelta(minutes=30)))

    assert stated.peak_after_start_min == 5
    assert short.peak_after_start_min == 30
