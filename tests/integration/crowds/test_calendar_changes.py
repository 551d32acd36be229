"""Jobs follow the calendar: made for an event, moved with it, gone with it; all is delivered twice."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from functions.scaling.plan_jobs import PREFIX
from shared.crowds.plan_store import load_plan
from shared.domain.scaling_plan import PlanReason
from tests.integration.crowds.world import MIDNIGHT, CrowdWorld
from tests.unit.functions.burst_prediction.builders import REGION

START = MIDNIGHT + timedelta(hours=3)


def concert(starts_at: datetime) -> dict[str, Any]:
    """A concert whose audience is known, in a region of which no load is."""
    return {
        "name": "A concert",
        "kind": "concert",
        "starts_at_local": starts_at.replace(tzinfo=None).isoformat(),
        "duration_min": 120,
        "regions": {REGION: 1.0},
        "audience": 100_000,
        "requests_per_viewer": 2.0,
    }


def put(world: CrowdWorld, starts_at: datetime) -> None:
    """Enter the concert, or move it, and deliver what follows."""
    world.control.put("/v1/calendar/events/concert", json=concert(starts_at)).raise_for_status()
    world.deliver_events()


def moments(world: CrowdWorld) -> list[datetime]:
    """When the jobs of the plan are due."""
    return [job.at for job in world.platform.jobs.pending(PREFIX)]


@pytest.fixture
def world() -> CrowdWorld:
    """A region of which nothing is known, and a concert in three hours."""
    world = CrowdWorld(lambda _: 1.0, load_is_known=False)
    put(world, START)
    return world


def test_an_event_without_any_load_known_has_jobs_before_it_begins(world: CrowdWorld) -> None:
    """By its audience alone, and the plan says so; delivered twice, each moment has one job."""
    plan = load_plan(world.state)

    assert plan is not None
    assert PlanReason.PRIOR in {step.reason for step in plan.steps[REGION]}
    assert plan.floor_at(REGION, START) >= 1
    assert min(moments(world)) < START
    assert len(set(moments(world))) == len(moments(world))


def test_jobs_move_with_their_event(world: CrowdWorld) -> None:
    """Put off by six hours, no job is left of the old time, and the first is as early as it was."""
    before, later = moments(world), timedelta(hours=6)

    put(world, START + later)

    assert min(moments(world)) == min(before) + later
    assert max(moments(world)) > max(before)


def test_an_event_that_is_deleted_while_its_prewarm_is_under_way_lets_go_of_its_floors(world: CrowdWorld) -> None:
    """Half an hour after it nothing of it is left, though the workflow sleeps until its end and asks again."""
    while not (runs := world.platform.runs.list("prewarm_regions")):
        assert world.clock.now() < START, "nobody began to prewarm"
        world.pass_minutes(1)
    run = runs[0].argument
    path = f"/v1/plans/{run['plan']}/prewarm/floors/{REGION}"
    floor = {"revision": run["revision"], "instances": 40, "ends_at": run["ends_at"]}
    world.control.put(path, json=floor).raise_for_status()
    world.pass_minutes(1)
    raised = world.instances

    world.control.delete("/v1/calendar/events/concert").raise_for_status()
    world.deliver_events()
    world.control.put(path, json=floor).raise_for_status()
    world.pass_minutes(15)
    halfway = world.instances
    world.pass_minutes(20)

    assert raised == 40
    assert 15 <= halfway <= 25
    assert world.instances <= 5


def test_an_event_that_is_deleted_takes_its_jobs_along(world: CrowdWorld) -> None:
    """After the jobs were made nobody begins a prewarm for a concert that is off."""
    assert moments(world)

    world.control.delete("/v1/calendar/events/concert").raise_for_status()
    world.deliver_events()

    assert moments(world) == []
    plan = load_plan(world.state)
    assert plan is not None
    assert plan.floor_at(REGION, START) == 0
