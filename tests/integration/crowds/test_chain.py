"""From a calendar file to instances that are there before the crowd, and gone after it: every step told."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby

import pytest

from shared.crowds.timeline import EntryKind, Timeline, TimelineEntry
from tests.builders.workflows import Stage, workflow_file
from tests.integration.crowds.world import MIDNIGHT, PER_INSTANCE, ControlOnly, CrowdWorld, WorldTime
from tests.unit.functions.burst_prediction.builders import REGION

KICK_OFF = MIDNIGHT + timedelta(minutes=90)
END = KICK_OFF + timedelta(minutes=105)
ICS = f"""\
BEGIN:VCALENDAR
VERSION:2.0
PRODID:test
BEGIN:VEVENT
UID:final@example.org
SUMMARY:The final
DTSTART:{KICK_OFF:%Y%m%dT%H%M%SZ}
DTEND:{END:%Y%m%dT%H%M%SZ}
END:VEVENT
END:VCALENDAR
""".replace("\n", "\r\n")


def match_crowd(now: datetime) -> float:
    """Five times the usual load while the match is on: people come during the hour before, and leave in half of it."""
    rising = (now - (KICK_OFF - timedelta(minutes=60))) / timedelta(minutes=75)
    falling = ((END + timedelta(minutes=30)) - now) / timedelta(minutes=30)
    return float(5.0 ** max(0.0, min(1.0, rising, falling)))


def phases(told: Sequence[TimelineEntry]) -> list[str]:
    """The kinds of entries in their order, runs of one kind as one."""
    return [kind.value for kind, _ in groupby(entry.kind for entry in told)]


@pytest.fixture(scope="module")
def evening() -> CrowdWorld:
    """The whole evening, played once: the file comes in an hour and a half before the match."""
    world = CrowdWorld(match_crowd)
    imported = world.control.post(
        "/v1/calendar/import", json={"ics": ICS, "regions": {REGION: 1.0}, "kind": "sports_final"}
    )
    assert imported.json()["changed"] == 1
    world.deliver_events()
    while not world.platform.runs.list("prewarm_regions"):
        assert world.clock.now() < KICK_OFF, "nobody began to prewarm"
        world.pass_minutes(1)
    (run,) = world.platform.runs.list("prewarm_regions")
    stage = Stage(ControlOnly(world), {"SWELL_CONTROL_URL": "http://control.test"}, WorldTime(world))
    stage.run(workflow_file("prewarm_regions"), run.argument)
    world.pass_minutes(int((END + timedelta(minutes=150) - world.clock.now()) / timedelta(minutes=1)))
    return world


def at(world: CrowdWorld, moment: datetime) -> int:
    """The instances that the region kept at a moment."""
    return next(instances for when, instances in world.sizes if when >= moment)


def needed(world: CrowdWorld, moment: datetime) -> float:
    """The instances that take the load of a moment at their target."""
    requests = next(minute.requests for minute in world.load.given if minute.minute >= moment)
    return requests / PER_INSTANCE


def test_instances_are_there_before_the_match_begins(evening: CrowdWorld) -> None:
    """Ten minutes before it stands what its beginning will need, three times what the night needs."""
    early = KICK_OFF - timedelta(minutes=10)

    assert at(evening, early) >= needed(evening, KICK_OFF)
    assert at(evening, early) >= 3 * needed(evening, MIDNIGHT)


def test_nobody_is_short_while_the_crowd_is_there(evening: CrowdWorld) -> None:
    """No minute of the match finds its instances above 85 % of their CPU."""
    busy = [minute.cpu for minute in evening.load.given if KICK_OFF <= minute.minute <= END and minute.cpu is not None]

    assert len(busy) > 100
    assert max(busy) <= 0.85


def test_afterwards_it_steps_down_to_what_is_usual(evening: CrowdWorld) -> None:
    """Nothing of the floor is left two hours later, and it did not fall at once."""
    peak = max(instances for _, instances in evening.sizes)

    assert evening.instances <= peak / 2
    assert at(evening, END + timedelta(minutes=10)) > evening.instances


def test_the_story_is_told_in_order(evening: CrowdWorld) -> None:
    """Calendar, plan, jobs, prewarm and what it set, warm, and at last cooled down; each thing once."""
    told = Timeline(evening.state).since(MIDNIGHT)
    kinds = phases(told)

    assert kinds.index("calendar") < 2  # the plan that follows it is made in the same moment
    assert kinds.index("plan") < kinds.index("job") + 2
    assert kinds.index("job") < kinds.index("prewarm")
    begun = next(entry for entry in told if "has begun" in entry.text)
    warm = next(entry for entry in told if "is warm" in entry.text)
    over = next(entry for entry in told if "is over" in entry.text)
    assert begun.at <= warm.at < KICK_OFF
    assert over.at >= warm.at + timedelta(minutes=30)  # it steps down over half an hour
    assert len({(entry.kind, entry.key, entry.at) for entry in told}) == len(told)
    assert not [entry for entry in told if entry.kind is EntryKind.ALERT and "failed" in entry.text]
