"""Load metrics and a fleet that the test sets, and a platform of them."""

from collections.abc import Sequence
from datetime import datetime

from shared.adapters.embedded.workflow_runs import StoredWorkflowRuns
from shared.adapters.platform import WORKFLOWS, Platform
from shared.adapters.stored.callbacks import StoredCallbacks
from shared.adapters.stored.jobs import StoredJobs
from shared.domain.load import LoadMinute
from shared.errors import DependencyUnavailable, NotFound
from shared.ports.clock import Clock
from shared.ports.failure_counts import Failures
from shared.ports.fleet import FleetSize
from shared.ports.state import StateStore
from shared.topology import load_topology


class GivenLoad:
    """Shows the minutes that it was given."""

    def __init__(self, minutes: Sequence[LoadMinute] = ()) -> None:
        self.given = list(minutes)

    def minutes(self, since: datetime, until: datetime) -> list[LoadMinute]:
        """As the port."""
        return [minute for minute in self.given if since <= minute.minute < until]


class GivenFailures:
    """Shows what it was given; the spans that were asked for are kept."""

    def __init__(self) -> None:
        self.given: Failures | DependencyUnavailable = Failures({}, {})
        self.asked: list[tuple[datetime, datetime]] = []

    def between(self, begin: datetime, end: datetime) -> Failures:
        """As the port."""
        self.asked.append((begin, end))
        if isinstance(self.given, DependencyUnavailable):
            raise self.given
        return self.given


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


def paper_platform(state: StateStore, clock: Clock, load: GivenLoad | None = None) -> Platform:
    """A platform on which nothing runs: every region is there, with no instances; jobs and executions are kept."""
    return Platform(
        metrics=load or GivenLoad(),
        fleet=PaperFleet(tuple(load_topology().regions)),
        jobs=StoredJobs(state),
        runs=StoredWorkflowRuns(state, clock, WORKFLOWS),
        callbacks=StoredCallbacks(state, clock),
        failures=GivenFailures(),
    )
