"""The timeline."""

from datetime import UTC, datetime, timedelta

from shared.crowds.timeline import EntryKind, Timeline, TimelineEntry
from tests.fakes.state import InMemoryState

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def entry(minutes: int, key: str = "plan 1", kind: EntryKind = EntryKind.PLAN) -> TimelineEntry:
    """An entry so many minutes after noon."""
    return TimelineEntry(NOON + timedelta(minutes=minutes), kind, key, f"{key} happened", {"n": minutes})


def test_entries_are_read_in_their_order_from_a_moment_on() -> None:
    """What was noted late stands where it belongs."""
    timeline = Timeline(InMemoryState())

    for minutes in (7, 3, 5, 1):
        timeline.note(entry(minutes, key=f"at {minutes}"))

    assert [one.fields["n"] for one in timeline.since(NOON + timedelta(minutes=3))] == [3, 5, 7]
    assert timeline.since(NOON, limit=1) == [entry(1, key="at 1")]


def test_an_entry_noted_twice_stands_once() -> None:
    """A delivery that is repeated does not repeat the story."""
    timeline = Timeline(InMemoryState())

    timeline.note(entry(1))
    timeline.note(entry(1))
    timeline.note(entry(1, kind=EntryKind.JOB))

    assert {one.kind for one in timeline.since(NOON)} == {EntryKind.PLAN, EntryKind.JOB}
    assert len(timeline.since(NOON)) == 2
