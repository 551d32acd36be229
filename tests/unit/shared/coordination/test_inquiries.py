"""Regions are asked, and what they answer in time is found by the id of the question."""

from datetime import timedelta

import pytest

from shared.coordination.inquiries import Inquiries, Question, Respondent
from shared.coordination.member import Report
from shared.coordination.membership import Membership
from shared.errors import Conflict
from shared.events.codec import from_message
from shared.events.coordination import InquiryOpenedV1
from shared.outcomes import Outcome
from tests.fakes.clock import FrozenClock
from tests.fakes.publisher import RecordingPublisher
from tests.fakes.state import InMemoryState

EAST, WEST = "us-east1", "us-west1"
TTL = timedelta(seconds=10)


class World:
    """Two regions that are heard."""

    def __init__(self) -> None:
        self.clock, self.publisher = FrozenClock(), RecordingPublisher()
        state = InMemoryState(clock=self.clock)
        self.membership = Membership(state, self.clock)
        self.inquiries = Inquiries(state, self.clock, self.membership, self.publisher)
        self.asked = 0
        self.respondents = {
            region: Respondent(region, self.inquiries, {Question.SIGHT: self._said}) for region in (EAST, WEST)
        }
        for region in self.respondents:
            self.membership.beat(Report(region, timedelta(minutes=1)))

    def _said(self) -> dict[str, int]:
        self.asked += 1
        return {"number": self.asked}

    def event(self) -> InquiryOpenedV1:
        """What was published last."""
        [message] = self.publisher.take("coordination")
        event = from_message(message.data, message.attributes)
        assert isinstance(event, InquiryOpenedV1)
        return event


@pytest.fixture
def world() -> World:
    """A world of its own."""
    return World()


def test_each_region_answers_once(world: World) -> None:
    """By the event, or by its tick where that was lost; again changes nothing."""
    world.inquiries.ask("q", Question.SIGHT, TTL)
    event = world.event()
    by_event = [world.respondents[EAST](event), world.respondents[EAST](event)]
    before = world.inquiries.get("q")

    for _ in range(2):
        for respondent in world.respondents.values():
            respondent.tick()

    after = world.inquiries.get("q")
    assert by_event == [Outcome.DONE, Outcome.DUPLICATE]
    assert (set(before.answers), before.is_over(world.clock.now())) == ({EAST}, False)
    assert {region: answer.said for region, answer in after.answers.items()} == {
        EAST: {"number": 1},
        WEST: {"number": 2},
    }
    assert after.is_over(world.clock.now())


def test_nobody_answers_what_nobody_waits_for(world: World) -> None:
    """An event that comes late, a tick after the deadline, and a question that is forgotten."""
    world.inquiries.ask("q", Question.SIGHT, TTL)
    event = world.event()
    world.clock.advance(TTL + timedelta(seconds=1))

    late = world.respondents[EAST](event)
    world.respondents[WEST].tick()
    found = world.inquiries.get("q")
    unknown = event.model_copy(update={"inquiry": "no-such"})

    assert (late, world.respondents[EAST](unknown)) == (Outcome.STALE, Outcome.STALE)
    assert (dict(found.answers), found.is_over(world.clock.now())) == ({}, True)


def test_asking_again_is_the_same_question(world: World) -> None:
    """With the regions and the deadline of the first time; a region that came since is not among them."""
    first = world.inquiries.ask("q", Question.SIGHT, TTL)
    world.clock.advance(timedelta(seconds=5))
    world.membership.beat(Report("me-west1", timedelta(minutes=1)))
    again = world.inquiries.ask("q", Question.SIGHT, TTL)

    assert again == first
    assert world.inquiries.answer(again, "me-west1", {}) is Outcome.STALE


def test_a_question_needs_somebody(world: World) -> None:
    """Where nobody is heard it is refused, and not answered by silence."""
    world.clock.advance(timedelta(hours=1))

    with pytest.raises(Conflict, match="nobody to ask"):
        world.inquiries.ask("q", Question.SIGHT, TTL)
