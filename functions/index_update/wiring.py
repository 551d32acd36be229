"""Puts index update together; built on first use, so that importing stays cheap."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache, cached_property

from functions.index_update.announcements import Announcements
from functions.index_update.by_home import by_home
from functions.index_update.commits import CommitMutations
from functions.index_update.compaction import CompactShard
from functions.index_update.erasing.clear import ClearShard
from functions.index_update.erasing.exports import ErasedExports
from functions.index_update.erasing.look import LookForRemains
from functions.index_update.erasing.scrub import ScrubWrites
from functions.index_update.erasing.steps import EraseRecords
from functions.index_update.home_check import HomeCheck
from functions.index_update.lease import ShardLeases
from functions.index_update.publication import Publication
from functions.index_update.rewriting import RewriteSegments
from functions.index_update.rolling_out.flipping import FlipShard
from functions.index_update.rolling_out.staging import StageShard
from functions.index_update.rolling_out.steps import RollOutStep
from functions.index_update.settings import IndexUpdateSettings
from functions.index_update.shard_snapshots import ShardSnapshots
from functions.index_update.sweeping.collect import CollectGarbage
from functions.index_update.sweeping.graves import ClearGraves
from functions.index_update.sweeping.shard_sweep import SweepShard
from functions.index_update.sweeping.sweep import Sweep
from shared.adapters.opening import Adapters, open_adapters, open_bucket
from shared.cache.segment_cache import CacheLimits, SegmentCache
from shared.entrypoint import Consumer
from shared.erasures.store import Erasures
from shared.events.index import CompactionDueV1, ErasureDueV1, SweepDueV1
from shared.events.mutations import MutationsAcceptedV1
from shared.events.rollouts import RolloutStepDueV1
from shared.index.compaction import CompactionPolicy
from shared.manifests import ManifestReader
from shared.outcomes import Outcome
from shared.ports.objects import ObjectStore
from shared.rollouts.store import Rollouts
from shared.topology import load_topology


class _Parts:
    """What the handlers share, and the handlers. `stores`: the object stores of all regions, its own among them."""

    def __init__(
        self, adapters: Adapters, settings: IndexUpdateSettings, home: HomeCheck, stores: Sequence[ObjectStore]
    ) -> None:
        self._state = adapters.state
        self._objects = adapters.objects
        self._files = adapters.files
        self._clock = adapters.clock
        self._settings = settings
        self._home = home
        self._policy = CompactionPolicy(base_from_rows=settings.base_from_rows)
        self._stores = stores
        self._manifests = ManifestReader(adapters.objects, [store for store in stores if store is not adapters.objects])
        self._leases = ShardLeases(adapters.state, adapters.clock, home)
        self._publication = Publication(adapters.state, adapters.objects)
        self._announcements = Announcements(adapters.publisher, adapters.clock, self._policy)

    @cached_property
    def _cache(self) -> SegmentCache:
        limits = CacheLimits(self._settings.cache_max_mapped_bytes, self._settings.cache_max_bytes)
        return SegmentCache(self._objects, self._settings.cache_dir, limits)

    @cached_property
    def _snapshots(self) -> ShardSnapshots:
        return ShardSnapshots(self._cache)

    def commit(self) -> CommitMutations:
        return CommitMutations(
            state=self._state,
            objects=self._objects,
            manifests=self._manifests,
            publication=self._publication,
            snapshots=self._snapshots,
            announcements=self._announcements,
            clock=self._clock,
            home=self._home,
            payloads=self._stores,
        )

    @cached_property
    def _rewriting(self) -> RewriteSegments:
        return RewriteSegments(
            manifests=self._manifests,
            leases=self._leases,
            publication=self._publication,
            cache=self._cache,
            announcements=self._announcements,
            clock=self._clock,
            policy=self._policy,
        )

    @cached_property
    def _collect(self) -> CollectGarbage:
        return CollectGarbage(
            objects=self._objects,
            leases=self._leases,
            manifests=self._manifests,
            clock=self._clock,
            retention=self._settings.retention,
        )

    @cached_property
    def erase(self) -> EraseRecords:
        retention, erasures = self._settings.retention, Erasures(self._state, self._clock)
        clear = ClearShard(
            state=self._state,
            erasures=erasures,
            leases=self._leases,
            manifests=self._manifests,
            snapshots=self._snapshots,
            rewriting=self._rewriting,
            clock=self._clock,
        )
        look = LookForRemains(
            state=self._state,
            objects=self._objects,
            erasures=erasures,
            manifests=self._manifests,
            snapshots=self._snapshots,
            scrub=ScrubWrites(state=self._state, objects=self._objects, clock=self._clock, grace=retention.grace),
            exports=ErasedExports(self._state, self._files),
            clock=self._clock,
            retention=retention,
            regions=list(load_topology().regions),
        )
        return EraseRecords(
            state=self._state,
            erasures=erasures,
            clear=clear,
            look=look,
            collect=self._collect,
            clock=self._clock,
            retention=retention,
        )

    def compact(self) -> CompactShard:
        return CompactShard(
            state=self._state,
            manifests=self._manifests,
            leases=self._leases,
            snapshots=self._snapshots,
            rewriting=self._rewriting,
            clock=self._clock,
            policy=self._policy,
        )

    def roll_out(self) -> RollOutStep:
        rollouts = Rollouts(self._state, self._clock)
        stage = StageShard(
            rollouts=rollouts,
            manifests=self._manifests,
            leases=self._leases,
            rewriting=self._rewriting,
            publication=self._publication,
            cache=self._cache,
            policy=self._policy,
        )
        flip = FlipShard(
            rollouts=rollouts,
            objects=self._objects,
            manifests=self._manifests,
            leases=self._leases,
            publication=self._publication,
            announcements=self._announcements,
        )
        return RollOutStep(self._state, rollouts, stage, flip)

    def sweep(self) -> Sweep:
        retention = self._settings.retention
        sweep_shard = SweepShard(
            state=self._state,
            manifests=self._manifests,
            collect=self._collect,
            announcements=self._announcements,
            clock=self._clock,
            policy=self._policy,
            home=self._home,
        )
        graves = ClearGraves(state=self._state, objects=self._objects, clock=self._clock, retention=retention)
        return Sweep(
            state=self._state, sweep_shard=sweep_shard, clear_graves=graves, erase=self.erase, clock=self._clock
        )


def build(
    adapters: Adapters, settings: IndexUpdateSettings, buckets: Mapping[str, ObjectStore] | None = None
) -> Consumer:
    """Index update on these adapters; with `buckets` of all regions it serves each shard in its home's.

    Unless it is to serve only what is at home in its own region: then the others' only hold payloads.
    """
    topology = load_topology()
    own = HomeCheck.of(topology, settings.region)
    homes = {own.region: adapters.objects} if settings.only_own_home or not buckets else buckets
    stores = list((buckets or {}).values())
    parts = {
        region: _Parts(replace(adapters, objects=objects), settings, HomeCheck.of(topology, region), stores)
        for region, objects in homes.items()
    }
    sweeps = {region: each.sweep() for region, each in parts.items()}

    def sweep(tick: SweepDueV1) -> Outcome:
        for each in sweeps.values():
            each(tick)
        return Outcome.DONE

    return Consumer(
        "index_update",
        {
            MutationsAcceptedV1: by_home(
                adapters.state, own.default_region, {region: each.commit() for region, each in parts.items()}
            ),
            CompactionDueV1: by_home(
                adapters.state, own.default_region, {region: each.compact() for region, each in parts.items()}
            ),
            ErasureDueV1: by_home(
                adapters.state, own.default_region, {region: each.erase for region, each in parts.items()}
            ),
            RolloutStepDueV1: by_home(
                adapters.state, own.default_region, {region: each.roll_out() for region, each in parts.items()}
            ),
            SweepDueV1: sweep,
        },
        publisher=adapters.publisher,
        dead_letter_topics=topology.dead_letters_of("index_update"),
        clock=adapters.clock,
    )


@cache
def consumer() -> Consumer:
    """Index update as the environment says."""
    settings = IndexUpdateSettings()
    adapters = open_adapters(settings)
    buckets = {
        region: adapters.objects if region == settings.region else open_bucket(settings, bucket)
        for region, bucket in settings.buckets.items()
    }
    return build(adapters, settings, buckets)
