"""What past events did to load, remembered."""

import numpy as np
import pytest

from functions.burst_prediction.crowds import Crowd
from functions.burst_prediction.event_memory import (
    MAX_REMEMBERED,
    OFFSETS_MIN,
    RememberedCrowd,
    alike_to,
    expected_departure,
    likeness,
    remember,
)
from shared.domain.calendar import EventType
from tests.unit.functions.burst_prediction.builders import crowds_of, event

MONDAY, TUESDAY, SATURDAY = crowds_of(event(0), event(1), event(5))


def held(crowd: Crowd, departure: float) -> RememberedCrowd:
    """A crowd that departed evenly from the usual course."""
    return RememberedCrowd(crowd, np.full(len(OFFSETS_MIN), departure))


def test_only_what_was_seen_whole_is_remembered() -> None:
    """A crowd that has not left yet, or came before the series began, is left out."""
    minutes = MONDAY.start_min + np.arange(-300.0, 400.0, 5)

    memory = remember(minutes, np.ones(len(minutes)), [MONDAY, TUESDAY])

    assert [one.crowd for one in memory] == [MONDAY]
    assert memory[0].departure == pytest.approx(1.0)
    assert remember(np.array([]), np.array([]), [MONDAY]) == ()


def test_earlier_memories_stay_and_new_ones_replace_their_own() -> None:
    """A crowd seen again is remembered once; others are kept, up to a bound."""
    minutes = MONDAY.start_min + np.arange(-300.0, 400.0, 5)
    before = (held(SATURDAY, 0.1), held(MONDAY, 9.0))

    memory = remember(minutes, np.ones(len(minutes)), [MONDAY], before)
    many = tuple(held(crowd, 1.0) for crowd in crowds_of(*(event(day) for day in range(MAX_REMEMBERED + 5))))

    assert [(one.crowd, round(float(one.departure[0]), 3)) for one in memory] == [(MONDAY, 1.0), (SATURDAY, 0.1)]
    assert len(remember(minutes, np.ones(len(minutes)), [], many)) == MAX_REMEMBERED


def test_one_event_just_like_the_next_is_believed_by_half() -> None:
    """Doubt weighs as much as one like event, here a little more for its age of a day and a bit."""
    wednesday = crowds_of(event(2))[0]

    expected = expected_departure(
        np.array([wednesday.start_min]), [wednesday], [alike_to(wednesday, (held(MONDAY, 1.0),))]
    )

    assert expected[0] == pytest.approx(0.465, abs=0.01)


def test_what_was_not_over_a_day_before_tells_nothing() -> None:
    """A forecast made a day ahead cannot know it, so none may."""
    assert not alike_to(TUESDAY, (held(MONDAY, 1.0),))
    assert not expected_departure(np.array([TUESDAY.start_min]), [TUESDAY], [[]]).any()


def test_events_that_differ_tell_less() -> None:
    """Another stage, hour, day type or size counts less, another kind nothing."""
    same, later, stage, two = crowds_of(
        event(9), event(9 + 3 / 24), event(9.5, stage="final"), event(10, event_id="a"), event(10, event_id="b")
    )
    concert = crowds_of(event(9, kind=EventType.CONCERT))[0]

    alike = likeness(same, TUESDAY)

    assert likeness(later, TUESDAY) < alike
    assert likeness(stage, TUESDAY) < alike
    assert likeness(two, TUESDAY) < alike
    assert likeness(same, SATURDAY) < alike
    assert likeness(concert, TUESDAY) == 0


def test_memories_of_long_ago_still_count() -> None:
    """An event once a year is not forgotten: a tenth of its weight stays."""
    assert likeness(crowds_of(event(364))[0], MONDAY) == pytest.approx(0.1)
