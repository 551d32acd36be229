"""Puts region sync together; built on first use, so that importing stays cheap."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from functions.region_sync.catch_up import CatchUp
from functions.region_sync.coordinating import Coordinating
from functions.region_sync.copying import Bucket, Copier
from functions.region_sync.erasure_reports import ReportErasures
from functions.region_sync.follow import FollowAnnouncements
from functions.region_sync.settings import RegionSyncSettings
from functions.region_sync.shard_view import ShardViews
from functions.region_sync.staging import StageSegments
from functions.region_sync.sweep import SweepShard
from functions.region_sync.sync_shard import SyncShard
from functions.region_sync.ticks import BeThere, CatchUpOnTick, SweepRegion
from shared.adapters.opening import Adapters, open_adapters, open_bucket
from shared.entrypoint import Consumer
from shared.erasures.store import Erasures
from shared.events.index import ShardCommittedV1, SweepDueV1
from shared.events.regions import RegionHeadMovedV1, RegionTickV1
from shared.ports.objects import ObjectStore
from shared.regions.lag import lag_target_s
from shared.regions.placement import Placement, placement_of
from shared.regions.replication import hubs_of
from shared.rollouts.store import Rollouts


@dataclass(frozen=True)
class RegionSync:
    """The function, and what a process that starts in its region does first: look for what was missed."""

    consumer: Consumer
    catch_up: CatchUpOnTick
    coordinating: Coordinating


@dataclass(frozen=True)
class Copying:
    """What brings objects to one region."""

    own: Bucket
    views: ShardViews
    sync: SyncShard
    catch_up: CatchUp
    stage: StageSegments


def copying(adapters: Adapters, placement: Placement, open_objects: Callable[[str], ObjectStore]) -> Copying:
    """The copying part by itself; `open_objects` opens a bucket by its name."""
    region, topology = placement.region, placement.topology

    @cache
    def bucket(of: str) -> Bucket:
        name = placement.buckets[of]
        return Bucket(of, name, adapters.objects if of == region else open_objects(name))

    own = bucket(region)
    views = ShardViews(adapters.state, topology, region)
    sync = SyncShard(
        own=own, buckets=bucket, state=adapters.state, views=views, copier=Copier(own), clock=adapters.clock
    )
    catch_up = CatchUp(region=region, home_region=topology.home_region, state=adapters.state, sync=sync)
    stage = StageSegments(
        own=own, buckets=bucket, rollouts=Rollouts(adapters.state, adapters.clock), views=views, copier=Copier(own)
    )
    return Copying(own, views, sync, catch_up, stage)


def build(
    adapters: Adapters,
    placement: Placement,
    open_objects: Callable[[str], ObjectStore],
    settings: RegionSyncSettings,
) -> RegionSync:
    """Region sync on these adapters; `open_objects` opens a bucket by its name."""
    region, topology = placement.region, placement.topology
    parts = copying(adapters, placement, open_objects)
    follow = FollowAnnouncements(
        region=region,
        hub=hubs_of(topology).get(region),
        sync=parts.sync,
        publisher=adapters.publisher,
        clock=adapters.clock,
    )
    catch_up = CatchUpOnTick(
        region=region,
        target_s=lag_target_s(topology.regions[region].tier),
        catch_up=parts.catch_up,
        state=adapters.state,
        clock=adapters.clock,
    )
    coordinating = Coordinating(
        adapters,
        region,
        topology,
        views=parts.views,
        sync=parts.sync,
        copier=Copier(parts.own),
        settings=settings,
        stage=parts.stage,
    )
    sweep = SweepShard(own=parts.own, state=adapters.state, views=parts.views, clock=adapters.clock)
    report = ReportErasures(
        own=parts.own,
        state=adapters.state,
        erasures=Erasures(adapters.state, adapters.clock),
        clock=adapters.clock,
        default_home=topology.home_region,
    )
    consumer = Consumer(
        "region_sync",
        {
            ShardCommittedV1: follow.commit,
            RegionHeadMovedV1: follow.head_moved,
            RegionTickV1: BeThere(coordinating.tick, catch_up),
            SweepDueV1: SweepRegion(region, adapters.state, sweep, report),
            **coordinating.handlers(),
        },
        publisher=adapters.publisher,
        dead_letter_topics=topology.dead_letters_of("region_sync"),
        clock=adapters.clock,
    )
    return RegionSync(consumer, catch_up, coordinating)


@cache
def consumer() -> Consumer:
    """Region sync as the environment says."""
    settings = RegionSyncSettings()
    placement = placement_of(settings)
    return build(open_adapters(settings), placement, lambda name: open_bucket(settings, name), settings).consumer
