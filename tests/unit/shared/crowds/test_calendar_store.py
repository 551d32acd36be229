"""The event calendar in the state store."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.crowds.calendar_documents import event_document, event_of
from shared.crowds.calendar_store import CalendarStore
from shared.domain.calendar import CalendarEvent, EventType
from shared.domain.recurrence import Frequency, Recurrence
from shared.errors import Conflict, NotFound
from tests.fakes.state import InMemoryState

FINAL = CalendarEvent(
    event_id="final/2026",
    name="The final",
    kind=EventType.SPORTS_FINAL,
    starts_at_local=datetime(2026, 7, 19, 15),  # noqa: DTZ001 - wall-clock time
    time_zone="America/New_York",
    duration=timedelta(hours=2),
    region_weights={"us-east1": 1.0, "europe-west1": 0.5},
    stage="final",
    peak_after_start=timedelta(minutes=90),
    audience=1_500_000_000,
    expected_multiple=12.5,
)
WEEKLY = replace(
    FINAL,
    event_id="weekly",
    recurrence=Recurrence(Frequency.WEEKLY, count=3, until_local=datetime(2027, 1, 1)),  # noqa: DTZ001
)


@pytest.fixture
def calendar() -> CalendarStore:
    """An empty calendar."""
    return CalendarStore(InMemoryState())


@pytest.mark.parametrize("event", [FINAL, WEEKLY, replace(FINAL, peak_after_start=None, audience=None)])
def test_an_event_comes_back_as_it_was(event: CalendarEvent) -> None:
    """A document holds everything about an event."""
    assert event_of(event_document(event)) == event


def test_an_event_that_was_entered_before_there_were_multiples_announces_none() -> None:
    """Its document has no such field."""
    document = event_document(FINAL)
    del document["expected_multiple"]

    assert event_of(document) == replace(FINAL, expected_multiple=None)


def test_events_are_found_at_their_times(calendar: CalendarStore) -> None:
    """Occurrences of all events come by their start, in UTC."""
    calendar.put([WEEKLY, FINAL])

    found = calendar.occurrences(datetime(2026, 7, 1, tzinfo=UTC), datetime(2026, 7, 27, tzinfo=UTC))

    assert [(one.event.event_id, one.starts_at) for one in found] == [
        ("final/2026", datetime(2026, 7, 19, 19, tzinfo=UTC)),
        ("weekly", datetime(2026, 7, 19, 19, tzinfo=UTC)),
        ("weekly", datetime(2026, 7, 26, 19, tzinfo=UTC)),
    ]


def test_the_same_event_again_changes_nothing(calendar: CalendarStore) -> None:
    """A feed that is read every hour does not make a new revision every hour."""
    first = calendar.put([FINAL, WEEKLY])
    again = calendar.put([FINAL, WEEKLY])

    assert (first.revision, first.changed) == (1, 2)
    assert (again.revision, again.changed) == (1, 0)
    assert calendar.revision() == 1


def test_a_change_raises_the_revision_of_the_calendar_and_of_the_event(calendar: CalendarStore) -> None:
    """Only what changed is written."""
    calendar.put([FINAL, WEEKLY])

    change = calendar.put([FINAL, replace(WEEKLY, name="The other")])

    assert (change.revision, change.changed) == (2, 1)
    assert (calendar.get("final/2026").revision, calendar.get("weekly").revision) == (1, 2)


def test_a_stale_edit_is_refused_and_changes_nothing(calendar: CalendarStore) -> None:
    """Two operators who edit one event do not overwrite each other unseen."""
    calendar.put([FINAL], if_revision=0)
    calendar.put([replace(FINAL, name="Moved")], if_revision=1)

    with pytest.raises(Conflict, match="at revision 2, not 1"):
        calendar.put([replace(FINAL, name="Lost")], if_revision=1)
    with pytest.raises(Conflict, match="at revision 2, not 0"):
        calendar.put([FINAL], if_revision=0)

    assert calendar.get("final/2026").name == "Moved"


def test_a_removed_event_is_gone(calendar: CalendarStore) -> None:
    """Removing raises the revision; removing what is not there is an error that says so."""
    calendar.put([FINAL])

    assert calendar.remove("final/2026").revision == 2
    assert list(calendar.events()) == []
    with pytest.raises(NotFound, match="final/2026"):
        calendar.remove("final/2026")
    with pytest.raises(NotFound, match="final/2026"):
        calendar.get("final/2026")


def test_many_events_are_taken_in_several_batches(calendar: CalendarStore) -> None:
    """An import of a season fits, and every event is there after it."""
    season = [replace(FINAL, event_id=f"match {number}") for number in range(450)]

    change = calendar.put(season)

    assert change.changed == 450
    assert {event.event_id for event in calendar.events()} == {event.event_id for event in season}
