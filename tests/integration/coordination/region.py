"""One region of the model: the real services, on its own clock, over the store that all share."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from functions.index_update.home_check import HomeCheck
from functions.index_update.publication import Publication
from shared.coordination.ballots import Ballots
from shared.coordination.home_moves import HomeMoves
from shared.coordination.leases import Leases
from shared.coordination.membership import Membership
from shared.ports.clock import Clock
from tests.builders.interference import InterferedObjects, InterferedState
from tests.fakes.clock import FrozenClock
from tests.fakes.objects import InMemoryObjects
from tests.integration.coordination.watch import FIRST_HOME, WatchedState


@dataclass(frozen=True)
class SkewedClock:
    """A member's own clock, which is off by as much."""

    true: Clock
    off: timedelta

    def now(self) -> datetime:
        """What the member thinks it is."""
        return self.true.now() + self.off


class World(Protocol):
    """What regions share."""

    clock: FrozenClock
    buckets: dict[str, InMemoryObjects]
    watched: WatchedState

    def interfered(self, when: str) -> None:
        """What happens at a call."""
        ...


class Region:
    """The services of one region, over the store that all share."""

    def __init__(self, name: str, world: World, off: timedelta) -> None:
        self.name = name
        self.clock = SkewedClock(world.clock, off)
        state = InterferedState(world.watched, world.interfered)
        self.state = state
        self.objects = InterferedObjects(world.buckets[name], world.interfered)
        self.publication = Publication(state, self.objects)
        self.membership = Membership(state, self.clock)
        self.ballots = Ballots(state, self.clock, self.membership)
        self.leases = Leases(state, self.clock)
        self.moves = HomeMoves(state, self.clock, self.membership, self.leases, FIRST_HOME)
        self.home = HomeCheck(name, FIRST_HOME)
        self.incarnation = 0
        self.is_dead = False
