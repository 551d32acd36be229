"""Load metrics and a fleet that the test sets."""

from collections.abc import Sequence
from datetime import datetime

from shared.domain.load import LoadMinute
from shared.errors import NotFound
from shared.ports.fleet import FleetSize


class GivenLoad:
    """Shows the minutes that it was given."""

    def __init__(self, minutes: Sequence[LoadMinute] = ()) -> None:
        self.given = list(minutes)

    def minutes(self, since: datetime, until: datetime) -> list[LoadMinute]:
        """As the port."""
        return [minute for minute in self.given if since <= minute.minute < until]


class PaperFleet:
    """Regions of a given size; keeps what they were set to."""

    def __init__(self, regions: Sequence[str]) -> None:
        self.sizes = dict.fromkeys(regions, FleetSize(0, 0, 0))

    def size(self, region: str) -> FleetSize:
        """As the port."""
        if region not in self.sizes:
            raise NotFound(f"the query function is not deployed in region {region!r}")
        return self.sizes[region]

    def resize(self, region: str, *, min_instances: int, max_instances: int) -> None:
        """As the port; instances are ready at once."""
        self.size(region)
        self.sizes[region] = FleetSize(min_instances, max_instances, min_instances)
