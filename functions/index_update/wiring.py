"""Puts index update together; built on first use, so that importing stays cheap."""

from functools import cache

from functions.index_update.announcements import Announcements
from functions.index_update.commits import CommitMutations
from functions.index_update.compaction import CompactShard
from functions.index_update.settings import IndexUpdateSettings
from functions.index_update.shard_snapshots import ShardSnapshots
from shared.adapters.opening import Adapters, open_adapters
from shared.cache.segment_cache import CacheLimits, SegmentCache
from shared.entrypoint import Consumer
from shared.events.index import CompactionDueV1
from shared.events.mutations import MutationsAcceptedV1
from shared.index.compaction import CompactionPolicy
from shared.topology import load_topology


def build(adapters: Adapters, settings: IndexUpdateSettings) -> Consumer:
    """Index update on these adapters."""
    policy = CompactionPolicy(base_from_rows=settings.base_from_rows)
    announcements = Announcements(adapters.publisher, adapters.clock, policy)
    cache_of_segments = SegmentCache(
        adapters.objects,
        settings.cache_dir,
        CacheLimits(settings.cache_max_mapped_bytes, settings.cache_max_bytes),
    )
    return Consumer(
        "index_update",
        {
            MutationsAcceptedV1: CommitMutations(
                state=adapters.state,
                objects=adapters.objects,
                snapshots=ShardSnapshots(cache_of_segments),
                announcements=announcements,
                clock=adapters.clock,
            ),
            CompactionDueV1: CompactShard(
                state=adapters.state,
                objects=adapters.objects,
                cache=cache_of_segments,
                announcements=announcements,
                clock=adapters.clock,
                policy=policy,
            ),
        },
        publisher=adapters.publisher,
        dead_letter_topics={
            subscription.topic: subscription.dead_letter_topic
            for subscription in load_topology().subscriptions_of("index_update").values()
        },
        clock=adapters.clock,
    )


@cache
def consumer() -> Consumer:
    """Index update as the environment says."""
    settings = IndexUpdateSettings()
    return build(open_adapters(settings), settings)
