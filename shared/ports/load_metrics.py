"""What is measured of the query function in each region: Cloud Monitoring, or its own counters when embedded."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from shared.domain.load import LoadMinute


class LoadMetrics(Protocol):
    """Load by the minute. Every method raises `DependencyUnavailable` when the source does not answer."""

    def minutes(self, since: datetime, until: datetime) -> Sequence[LoadMinute]:
        """Whole minutes that begin in [since, until), of all regions, in any order.

        A minute that is not there is not known. One that was incomplete may be there again later, measured later.
        """
        ...
