"""Where collections commit: where a new one may begin, and where one is at home now."""

from collections.abc import Callable
from functools import cached_property

from shared.domain.paths import head_document
from shared.errors import FieldProblem, InvalidRequest, shortened
from shared.ports.state import StateStore
from shared.regions.homes import home_of
from shared.topology import Topology


class CollectionHomes:
    """`deployed` loads the topology of the regions that are; it is read when it is first asked for."""

    def __init__(self, state: StateStore, deployed: Callable[[], Topology]) -> None:
        self._state = state
        self._load = deployed

    def checked(self, region: str | None) -> str | None:
        """What the head of a new collection says of its home; None for the home region of the topology.

        Raises:
            InvalidRequest: no such region is deployed.
        """
        if region is None:
            return None
        if region not in self._topology.regions:
            raise InvalidRequest(FieldProblem("home", shortened(region), ", ".join(self._topology.regions)))
        return None if region == self._topology.home_region else region

    def of(self, collection: str) -> str:
        """The region whose writes of a collection commit."""
        head = self._state.get(head_document(collection, 0))
        return home_of(head.data if head is not None else {}, self._topology.home_region).region

    @cached_property
    def _topology(self) -> Topology:
        return self._load()
