"""Regions as members: those that live are heard each minute, and say nothing of their load."""

from collections.abc import Sequence
from datetime import datetime

from shared.coordination.agent import HEARTBEAT
from shared.coordination.member import Member


class SimulatedMembers:
    """The `Members` port of scaling; one life each, for it goes by heartbeats and scores alone."""

    def __init__(self) -> None:
        self._members: dict[str, Member] = {}

    def heard(self, regions: Sequence[str], now: datetime) -> None:
        """A heartbeat of each."""
        self._members |= {region: Member(region, 1, now, now, 1, HEARTBEAT) for region in regions}

    def all(self) -> list[Member]:
        """As the port."""
        return list(self._members.values())
