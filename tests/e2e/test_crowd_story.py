"""A concert that a calendar file announces, its crowd, and a budget that is too small for it: on Google's emulators."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from shared.crowds.timeline import TimelineEntry
from shared.domain.serving_mode import ServingMode
from swell.local.crowd_stage import crowd_story
from swell.local.crowd_story import CrowdStory

BEFORE = datetime.min.replace(tzinfo=UTC)


@pytest.fixture(scope="module")
def story(emulators_present: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CrowdStory]:
    """The whole evening, played once."""
    with crowd_story(tmp_path_factory.mktemp("evening"), emulators=True) as story:
        story.play()
        yield story


def position(told: list[TimelineEntry], *words: str, since: datetime = BEFORE) -> int:
    """Where the first entry stands that says all of these words, of those made since a moment."""
    found = [
        number for number, entry in enumerate(told) if entry.at >= since and all(word in entry.text for word in words)
    ]
    assert found, f"nobody told of {words}: {[entry.text for entry in told]}"
    return found[0]


@pytest.mark.emulators
def test_processes_are_there_before_the_crowd_and_gone_after_it(story: CrowdStory) -> None:
    """Real ones, more than one before the start, not fewer in the crowd, half of them at most in the end."""
    assert story.processes_before_the_start >= 2
    assert story.processes_in_the_crowd >= story.processes_before_the_start
    assert story.processes_afterwards <= story.processes_in_the_crowd / 2


@pytest.mark.emulators
def test_each_step_is_told_in_order(story: CrowdStory) -> None:
    """Calendar, plan, jobs, workflow, instances, warm before the start, over after it, levels up and down."""
    told = story.evening.told()
    first = position(told, "calendar file")
    jobs = position(told, "jobs made or changed")
    begun = position(told, "prewarm of", "has begun")
    grown = position(told, "us-central1: 1 -> ", "(plan: floor)")
    warm, over = position(told, "is warm"), position(told, "is over")
    up, down = position(told, "serving mode normal ->"), position(told, "serving mode", "-> normal")

    planned = position(told, "us-central1 up to", since=told[first].at)  # a quiet region may have had a plan before
    assert abs(first - planned) <= 2  # made in the same moment; another region may be told of between
    assert max(first, planned) < jobs < min(begun, grown)
    assert abs(begun - grown) <= 2  # the step is set in the moment in which its prewarm begins
    assert max(begun, grown) < warm < over < up < down
    assert told[begun].at <= told[warm].at < story.starts_at
    assert told[over].at > story.starts_at


@pytest.mark.emulators
def test_a_budget_that_is_too_small_takes_recall_and_the_free_tier_and_gives_them_back(story: CrowdStory) -> None:
    """Up to critical at least; free callers are refused, others get less recall; back to normal level by level."""
    modes = [ServingMode(entry.fields["mode"]) for entry in story.evening.told() if entry.kind == "serving_mode"]
    highest = modes.index(max(modes))

    assert ServingMode.CRITICAL in modes[:highest]
    assert story.refused_free in {429, 503}
    assert story.recall_meanwhile < story.recall_before == story.recall_afterwards
    assert modes[highest:] == [ServingMode(level) for level in range(max(modes), -1, -1)]


@pytest.mark.emulators
def test_a_stop_that_an_operator_approves_is_applied_and_ends_with_a_raise(story: CrowdStory) -> None:
    """All of a day is spent: emergency, a stop, nothing kept, standard callers refused; more is allowed: all is back.

    The raise holds for the hours that it touches, and no longer.
    """
    told = story.evening.told()
    emergency = position(told, "serving mode", "-> emergency")
    wanted, stopped = position(told, "a stop is wanted"), position(told, "stop all spending", "Ada")
    raised, ended = position(told, "Ada allows", "more for encore"), position(told, "spending goes on")
    normal = position(told, "serving mode", "-> normal")

    assert max(emergency, wanted) < stopped < raised < ended < normal
    assert story.wanted_while_stopped == 0
    assert story.refused_standard == 503
    assert (story.hour_while_raised, story.hour_afterwards) == (20.0, 10.0)
