"""How many instances each region may have until somebody says otherwise: what the worst of a minute is made of."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.crowds.paths import FLEET
from shared.errors import DependencyUnavailable, NotFound
from shared.ports.fleet import Fleet
from shared.ports.state import StateStore


@dataclass(frozen=True)
class Ceilings:
    """The most instances by region, and whether money held any back."""

    most: Mapping[str, int]
    denied_for_money: bool


class ReadCeilings:
    """What scaling decided; where it has not decided yet, what the region is set to. `quotas`: what each can have."""

    def __init__(self, state: StateStore, fleet: Fleet, quotas: Mapping[str, int]) -> None:
        self._state = state
        self._fleet = fleet
        self._quotas = quotas

    def __call__(self) -> Ceilings:
        """As things stand now."""
        decided = [document.data for document in self._state.list(FLEET)]
        most = {data["region"]: data["max_instances"] for data in decided}
        for region, quota in self._quotas.items():
            if region not in most:
                most[region] = self._set(region, quota)
        denied = any(data["denied"] and data["denial"] == "money" for data in decided)
        return Ceilings(most, denied)

    def _set(self, region: str, quota: int) -> int:
        """What a region that nobody decided about is set to; all that it can have while that cannot be read."""
        try:
            return self._fleet.size(region).max_instances
        except NotFound:
            return 0
        except DependencyUnavailable:
            return quota
