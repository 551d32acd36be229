"""The fleet as documents: what each region is set to, and what whoever runs the processes says is ready."""

from typing import Final

from shared.coordination.races import retry_lost_races
from shared.errors import NotFound
from shared.ports.fleet import FleetSize
from shared.ports.state import Document, Put, StateStore

_SIZES: Final = "fleet_sizes"


class StoredFleet:
    """Sizes of regions that were opened; a process manager reads them and reports how many are ready."""

    def __init__(self, state: StateStore) -> None:
        self._state = state

    def open(self, region: str, *, min_instances: int, max_instances: int) -> None:
        """Deploy the function to a region, if it is not there yet."""
        if self._state.get(_path(region)) is None:
            size = {"min_instances": min_instances, "max_instances": max_instances, "ready": None}
            self._state.commit([Put(_path(region), size)])

    def regions(self) -> list[str]:
        """The regions that were opened."""
        return [document.id for document in self._state.list(_SIZES)]

    def size(self, region: str) -> FleetSize:
        """What a region is set to now.

        Raises:
            NotFound: the function is not deployed there.
        """
        return FleetSize(**self._document(region).data)

    def resize(self, region: str, *, min_instances: int, max_instances: int) -> None:
        """Set a region to these bounds.

        Raises:
            NotFound: the function is not deployed there.
        """
        self._change(region, {"min_instances": min_instances, "max_instances": max_instances})

    def report_ready(self, region: str, ready: int) -> None:
        """Say how many instances of a region answer.

        Raises:
            NotFound: the function is not deployed there.
        """
        self._change(region, {"ready": ready})

    def _change(self, region: str, fields: dict[str, int]) -> None:
        def attempt() -> None:
            document = self._document(region)
            if any(document.data[name] != value for name, value in fields.items()):
                self._state.commit([Put(document.path, {**document.data, **fields}, if_version=document.version)])

        retry_lost_races(attempt, f"fleet of {region}")

    def _document(self, region: str) -> Document:
        document = self._state.get(_path(region))
        if document is None:
            raise NotFound(f"the query function is not deployed in region {region!r}")
        return document


def _path(region: str) -> str:
    return f"{_SIZES}/{region}"
