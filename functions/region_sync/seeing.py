"""What a region answers when it is asked what it sees."""

from collections.abc import Mapping
from typing import Any

from shared.coordination.membership import Membership
from shared.ports.clock import Clock
from shared.ports.state import StateStore
from shared.regions.paths import replication_status_document


class SightOfRegion:
    """Whom it hears by its own clock, in which life it is, and how far its copies were at its last look."""

    def __init__(self, region: str, state: StateStore, clock: Clock, membership: Membership) -> None:
        self._region = region
        self._state = state
        self._clock = clock
        self._membership = membership

    def __call__(self) -> Mapping[str, Any]:
        """As it is now."""
        now, members = self._clock.now(), {member.region: member for member in self._membership.all()}
        own, status = members.get(self._region), self._state.get(replication_status_document(self._region))
        return {
            "incarnation": own.incarnation if own is not None else None,
            "hears": {region: member.presence(now).value for region, member in members.items()},
            "replication": dict(status.data) if status is not None else None,
        }
