"""Tasks are given to whoever is able, most urgent first, taken over once, and buried in the end."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.coordination.member import Capacity, Load, Report
from shared.coordination.membership import Membership
from shared.coordination.tasks.desk import GivenOut, TaskDesk
from shared.coordination.tasks.task import MAX_ATTEMPTS, TAKEN_OVER_AFTER, Strategy, Task, TaskKind, TaskState
from shared.errors import Conflict
from shared.events.codec import from_message
from shared.events.tasks import TaskAssignedV1
from tests.fakes.clock import FrozenClock
from tests.fakes.publisher import RecordingPublisher
from tests.fakes.state import InMemoryState

MINUTE = timedelta(minutes=1)


class World:
    """Regions a, b and c, which can all verify."""

    def __init__(self) -> None:
        self.clock = FrozenClock()
        self.publisher = RecordingPublisher()
        state = InMemoryState(clock=self.clock)
        self.membership = Membership(state, self.clock)
        self.desk = TaskDesk(state, self.clock, self.membership, self.publisher)
        self.beat()

    def beat(self, *regions: str) -> None:
        """Some are heard, all by default."""
        for region in regions or ("a", "b", "c"):
            self.membership.beat(Report(region, MINUTE, ("verify",)))

    def ask(self, task_id: str = "t", **options: Any) -> Task:
        """Ask for a verification."""
        now = self.clock.now()
        task = Task(task_id, TaskKind.VERIFY, "words", 0, None, 5, Strategy.ROUND_ROBIN, now, now + 60 * MINUTE)
        return self.desk.submit(replace(task, **options))

    def told(self) -> list[tuple[str, str, int]]:
        """Task, region and token of what was published."""
        events = [from_message(message.data, message.attributes) for message in self.publisher.take("tasks")]
        return [(event.task, event.region, event.token) for event in events if isinstance(event, TaskAssignedV1)]


@pytest.fixture
def world() -> World:
    """A world of its own."""
    return World()


def test_the_most_urgent_is_given_out_first_and_round(world: World) -> None:
    """Once: a second look finds nothing to do."""
    world.ask("low", priority=1)
    world.ask("high", priority=9)
    world.ask("middle", priority=5)

    first, second = world.desk.give_out(), world.desk.give_out()

    assert (first, second) == (GivenOut(assigned=3), GivenOut())
    assert world.told() == [("high", "a", 1), ("middle", "b", 1), ("low", "c", 1)]


def test_asking_again_finds_the_task_as_it_stands(world: World) -> None:
    """Another task under the same id is refused."""
    world.ask()
    world.desk.give_out()
    world.desk.done("t", 1, {"objects": 3})

    assert world.ask().result == {"objects": 3}
    with pytest.raises(Conflict, match="something else"):
        world.ask(priority=6)


def test_an_agent_that_died_has_its_task_taken_over_once(world: World) -> None:
    """And comes too late with whatever it reports."""
    world.ask()
    world.desk.give_out()
    world.clock.advance(TAKEN_OVER_AFTER)
    world.beat("b", "c")

    looks = [world.desk.give_out() for _ in range(3)]
    late = world.desk.done("t", 1, {"by": "a"})
    world.desk.failed("t", 1, "too late", for_good=True)
    done = world.desk.done("t", 2, {"by": "b"})

    assert [look.assigned for look in looks] == [1, 0, 0]
    assert world.told() == [("t", "a", 1), ("t", "b", 2)]
    assert (late.state, done.state, done.result) == (TaskState.ASSIGNED, TaskState.DONE, {"by": "b"})


def test_a_failure_is_tried_again_later_and_later_until_it_is_dead(world: World) -> None:
    """10, 20, 40 s; then it is buried with its reason."""
    world.ask(region="a")
    waits = []
    for token in range(1, MAX_ATTEMPTS + 1):
        waited = 0
        while not world.desk.give_out().assigned:
            world.clock.advance(timedelta(seconds=1))
            world.beat()
            waited += 1
        waits.append(waited)
        task = world.desk.failed("t", token, "unavailable", for_good=False)

    assert waits[:3] == [0, 10, 20]
    assert waits[3] >= 40
    assert (task.state, task.error) == (TaskState.DEAD, "unavailable")


def test_what_cannot_succeed_is_not_tried_again(world: World) -> None:
    """And the agent is not blamed."""
    world.ask()
    world.desk.give_out()

    assert world.desk.failed("t", 1, "not_found", for_good=True).state is TaskState.DEAD
    assert world.desk.give_out() == GivenOut()


def test_an_agent_that_fails_three_times_rests_then_gets_one_task(world: World) -> None:
    """The others take its turns meanwhile."""
    for number in range(3):
        world.ask(f"bad{number}", region="a", priority=9)
    world.desk.give_out()
    for number in range(3):
        world.desk.failed(f"bad{number}", 1, "unavailable", for_good=False)
    for number in range(3):
        world.ask(f"new{number}", region="a", asked_at=world.clock.now())
    resting = world.desk.give_out()

    world.clock.advance(MINUTE)
    world.beat()
    probing = world.desk.give_out()

    assert (resting.assigned, resting.waiting) == (0, 3)
    assert probing.assigned == 1


def test_a_task_that_nobody_waits_for_is_not_begun(world: World) -> None:
    """Nor does one wait for ever for a region that cannot do it."""
    world.ask("late", deadline=world.clock.now() + MINUTE)
    world.ask("strange", kind=TaskKind.WARM)
    world.clock.advance(MINUTE)
    world.beat()

    assert world.desk.give_out() == GivenOut(died=1, waiting=1)
    world.clock.advance(60 * MINUTE)
    assert world.desk.give_out() == GivenOut(died=1)
    assert {task.state for task in world.desk.all()} == {TaskState.DEAD}


def test_the_journal_tells_it_all_again_from_any_point(world: World) -> None:
    """Numbered without gaps."""
    world.ask()
    world.desk.give_out()
    world.desk.done("t", 1, {})

    entries = world.desk.journal.after(0)

    assert [(entry.number, entry.said["state"]) for entry in entries] == [(1, "waiting"), (2, "assigned"), (3, "done")]
    assert [entry.number for entry in world.desk.journal.after(1)] == [2, 3]


@pytest.mark.parametrize(
    ("strategy", "chosen"),
    [(Strategy.LEAST_LOADED, "b"), (Strategy.ADAPTIVE, "c"), (Strategy.ROUND_ROBIN, "a")],
)
def test_strategies_choose_by_what_was_measured(world: World, strategy: Strategy, chosen: str) -> None:
    """Streams alone, or all of it, or nothing."""
    for region, streams, cpu in (("a", 90.0, 0.9), ("b", 10.0, 0.9), ("c", 20.0, 0.1)):
        load = Load(streams=streams, cpu_share=cpu)
        world.membership.beat(Report(region, MINUTE, ("verify",), Capacity(10, 100.0), load))
    world.ask(strategy=strategy)

    world.desk.give_out()

    assert world.desk.get("t").agent == chosen


def test_weighted_follows_capacity(world: World) -> None:
    """Eight times the capacity, about eight times the tasks; the same task always to the same."""
    for region, instances in (("a", 80), ("b", 10), ("c", 10)):
        world.membership.beat(Report(region, MINUTE, ("verify",), Capacity(instances)))
    for number in range(100):
        world.ask(f"t{number}", strategy=Strategy.WEIGHTED)
    world.desk.give_out()

    agents = [world.desk.get(f"t{number}").agent for number in range(100)]

    assert 65 <= agents.count("a") <= 92
    assert {"b", "c"} <= set(agents)
