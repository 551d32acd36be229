"""What a region does as a member: is heard, votes, gives out tasks, and does those that it is given."""

from collections.abc import Callable
from typing import Any

from functions.region_sync.copying import Copier
from functions.region_sync.seeing import SightOfRegion
from functions.region_sync.settings import RegionSyncSettings
from functions.region_sync.shard_view import ShardViews
from functions.region_sync.sync_shard import SyncShard
from functions.region_sync.task_work import RegionalWorks, TaskWork, Work
from functions.region_sync.warming import WarmCollection
from shared.adapters.opening import Adapters
from shared.adapters.stored.load_metrics import StoredLoadMetrics
from shared.budget.standing import spent_share
from shared.coordination.agent import RegionalAgent
from shared.coordination.announcing import Announcements
from shared.coordination.ballots import Ballots
from shared.coordination.inquiries import Inquiries, Question, Respondent
from shared.coordination.member import Capacity, Load
from shared.coordination.membership import Membership
from shared.coordination.process_load import ProcessLoad
from shared.coordination.reported_load import ReportedLoad
from shared.coordination.tasks.desk import TaskDesk
from shared.events.coordination import BallotDecidedV1, BallotOpenedV1, HomeMovedV1, InquiryOpenedV1
from shared.events.event import Event
from shared.events.tasks import TaskAssignedV1
from shared.manifests import ManifestReader
from shared.outcomes import Outcome
from shared.ports.state import StateStore
from shared.topology import Topology


class Coordinating:
    """The membership of one region. `measure`: how it does; by default what its query instances counted."""

    def __init__(
        self,
        adapters: Adapters,
        region: str,
        topology: Topology,
        *,
        views: ShardViews,
        sync: SyncShard,
        copier: Copier,
        settings: RegionSyncSettings,
        stage: Work | None = None,
        measure: Callable[[], Load] | None = None,
    ) -> None:
        state, clock = adapters.state, adapters.clock
        membership = Membership(state, clock)
        self.desk = TaskDesk(state, clock, membership, adapters.publisher)
        works = RegionalWorks(
            region=region,
            state=state,
            views=views,
            sync=sync,
            copier=copier,
            manifests=ManifestReader(adapters.objects),
            membership=membership,
            publisher=adapters.publisher,
            clock=clock,
        ).by_kind(_warm(state, settings), stage)
        self.agent = RegionalAgent(
            region=region,
            membership=membership,
            ballots=Ballots(state, clock, membership),
            announcements=Announcements(adapters.publisher, clock),
            clock=clock,
            capabilities=("sync", "vote", *(kind.value for kind in works)),
            capacity=_capacity(region, topology),
            measure=measure or ReportedLoad(region, ProcessLoad(), StoredLoadMetrics(state, (region,)), clock),
            spent_share=lambda: spent_share(state, clock.now()),
            interval=settings.heartbeat,
        )
        self._work = TaskWork(region, self.desk, works)
        self._respond = Respondent(
            region,
            Inquiries(state, clock, membership, adapters.publisher),
            {Question.SIGHT: SightOfRegion(region, state, clock, membership)},
        )

    def tick(self, *, anew: bool = False) -> None:
        """Be heard, vote, answer, and give out what waits or was given to somebody who is gone."""
        self.agent.tick(anew=anew)
        self._respond.tick()
        self.desk.give_out()

    def handlers(self) -> dict[type[Event], Callable[[Any], Outcome]]:
        """For what members tell each other."""
        return {
            BallotOpenedV1: self.agent.ballot_opened,
            BallotDecidedV1: _noted,
            HomeMovedV1: _noted,
            InquiryOpenedV1: self._respond,
            TaskAssignedV1: self._work,
        }


def _noted(_: Event) -> Outcome:
    """The state store says so too, wherever it matters."""
    return Outcome.DONE


def _capacity(region: str, topology: Topology) -> Capacity:
    """What the region's queries may use."""
    query = topology.functions["query"]
    instances = query.instances[topology.regions[region].tier].max
    return Capacity(instances_max=instances, streams=float(instances * (query.concurrency or 1)))


def _warm(state: StateStore, settings: RegionSyncSettings) -> Work | None:
    if settings.query_url is None:
        return None
    key = settings.query_key.get_secret_value() if settings.query_key is not None else None
    return WarmCollection(state, settings.query_url, key)
