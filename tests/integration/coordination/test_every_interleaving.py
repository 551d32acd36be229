"""A move of a home and what can meet it, in every order of their calls with up to two interruptions."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import count

import pytest

from shared.coordination.ballot import Outcome
from shared.coordination.proposal import MoveHome
from shared.domain.paths import head_document
from tests.integration.coordination.region import Region
from tests.integration.coordination.storm import LEASE, Storm
from tests.integration.coordination.watch import FIRST_HOME

LASTS = timedelta(minutes=5)


@dataclass(frozen=True)
class Scene:
    """Two regions with a version each has, an accepted ballot, and two workflows that want to carry it out."""

    storm: Storm
    acts: Mapping[str, Callable[[], object]]


def scene() -> Scene:
    """The same every time."""
    storm = Storm(0, regions=2, shards=1)
    old, heir = (Region(region.name, storm, timedelta(0)) for region in storm.regions)
    storm.beat_all(old)
    old.incarnation = heir.incarnation = 1
    storm.commit(old)
    storm.copy(heir)
    heir.ballots.open("b", MoveHome(old.name, heir.name, "c", is_planned=True), proposer="x", lasts=LASTS)
    for region in (old, heir):
        storm.vote_on(region, "b")
    ballot = heir.ballots.get("b")
    assert ballot.outcome is Outcome.ACCEPTED
    held = old.leases.acquire(LEASE, "first", LASTS)

    def overtake() -> None:
        other = heir.leases.acquire(LEASE, "first", LASTS)
        heir.moves.promote(ballot, "c", other)

    return Scene(
        storm,
        {
            "the old home commits": lambda: storm.commit(old),
            "the heir commits": lambda: storm.commit(heir),
            "the heir copies": lambda: storm.copy(heir),
            "the heir is promoted": lambda: old.moves.promote(ballot, "c", held),
            "the home is fenced": lambda: old.moves.fence(ballot, "c", held),
            "another workflow promotes": overtake,
        },
    )


NAMES = tuple(scene().acts)
THIRD = ("the old home commits", "another workflow promotes")


@pytest.mark.parametrize("first", NAMES)
def test_no_order_of_calls_makes_two_homes_or_loses_a_version(first: str) -> None:
    """Every call of an act can be followed by a whole other act, and every call of that by a third that writes."""
    played = 0
    for plan in _plans(first):
        played += 1
        storm = plan.storm
        head = storm.watched.get(head_document("c", 0))
        assert head is not None
        assert head.data["version"] == len(storm.watched.history), "a version is missing"
        for (path, version), manifest in storm.acknowledged.items():
            assert storm.watched.history[path, version] == manifest
        assert storm.home() in storm.names

    assert played > 50


def _plans(first: str) -> Iterator[Scene]:
    for second in NAMES:
        for at_call in count(1):
            one = scene()
            if not _play(one, [(first, at_call), (second, 0)]):
                break
            yield one
            for third in THIRD:
                for at_second_call in count(1):
                    two = scene()
                    if not _play(two, [(first, at_call), (second, at_second_call), (third, 0)]):
                        break
                    yield two


def _play(it: Scene, plan: Sequence[tuple[str, int]]) -> bool:
    """Do the first act, the second before its so-manieth call, the third within that; False: there are fewer calls."""
    storm, begun = it.storm, 0

    def run(depth: int) -> None:
        nonlocal begun
        begun += 1
        name, left = plan[depth]

        def before_call(when: str) -> None:
            nonlocal left
            if when == "before":
                left -= 1
                if left == 0:
                    run(depth + 1)
                    storm.interfere = before_call

        storm.interfere = before_call
        storm.survive(it.acts[name])

    run(0)
    storm.interfere = lambda _: None
    return begun == len(plan)


def test_homes_do_move_in_some_of_these_orders() -> None:
    """The acts are not refused all the time: undisturbed, each does what it is named for."""
    moved = scene()
    moved.acts["the heir is promoted"]()
    moved.acts["the heir commits"]()

    assert moved.storm.home() != FIRST_HOME
    assert moved.storm.watched.moves == 1
    assert len(moved.storm.acknowledged) == 2
