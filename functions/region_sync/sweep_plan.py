"""What no reader of this region needs any more: pure.

A sweep marks the version that is served (writing the mark into the head), and the sweep an hour or more later removes
what neither that version nor the one served then names, unless it was stored since. Why that is enough:

- A reader that opened a version before the mark has ended: no function lives longer than the grace.
- A version that came after the mark was published by a sync that read the head after the mark (compare-and-set). Such
  a sync relies on objects that the head before it names, and on copies that were at most `TRUST_FOR` old then.

So all that was served since the mark is named by the marked version, or was stored at most `TRUST_FOR` before it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from functions.region_sync.sync_plan import TRUST_FOR, wanted_files
from shared.domain.paths import journals_prefix, payloads_prefix, shard_prefix
from shared.events.mutations import MutationsAcceptedV1
from shared.index.manifest import Manifest
from shared.ports.objects import ObjectInfo

READER_GRACE: Final = timedelta(hours=1)
"""The longest life of a function that reads (cloud.google.com/functions/quotas: 60 minutes for HTTP)."""


MARGIN: Final = 2 * TRUST_FOR
"""What was stored this long before the mark stays: half of it because a sync trusts it, half for clocks that differ."""


class SweepReason(StrEnum):
    """Why an object goes."""

    SEGMENT_REPLACED = "segment_replaced"
    MANIFEST_SUPERSEDED = "manifest_superseded"
    COLLECTION_GONE = "collection_gone"
    PAST_EVENTS = "past_events"


@dataclass(frozen=True)
class Removal:
    """An object to remove, if it is still at this generation."""

    name: str
    generation: int
    reason: SweepReason


def plan_sweep(
    served: Manifest,
    marked: Manifest,
    marked_at: datetime,
    segments: Iterable[ObjectInfo],
    manifests: Iterable[ObjectInfo],
) -> tuple[Removal, ...]:
    """What to remove, given the version that is served, the one that was when it was marked, and the bucket."""
    needed = {file.name for manifest in (served, marked) for file in wanted_files(manifest)}
    replaced = [
        Removal(info.name, info.generation, SweepReason.SEGMENT_REPLACED)
        for info in segments
        if info.name not in needed and info.created_at < marked_at - MARGIN
    ]
    superseded = [
        Removal(info.name, info.generation, SweepReason.MANIFEST_SUPERSEDED)
        for info in manifests
        if _version_of(info) < marked.version
    ]
    return (*replaced, *superseded)


def plan_removal(objects: Iterable[ObjectInfo]) -> tuple[Removal, ...]:
    """What to remove of a collection that has been gone for the grace: everything."""
    return tuple(Removal(info.name, info.generation, SweepReason.COLLECTION_GONE) for info in objects)


def plan_past_events(objects: Iterable[ObjectInfo], now: datetime) -> tuple[Removal, ...]:
    """Payloads and journals of when this region was home: what no delivery can need any more."""
    return tuple(
        Removal(info.name, info.generation, SweepReason.PAST_EVENTS)
        for info in objects
        if info.created_at < now - MutationsAcceptedV1.max_age - READER_GRACE
    )


def events_prefixes(collection: str, uid: str, shard: int) -> tuple[str, str]:
    """Under these prefixes stand the payloads and journals of a shard."""
    prefix = shard_prefix(collection, uid, shard)
    return payloads_prefix(prefix), journals_prefix(prefix)


def is_over(since: datetime, now: datetime) -> bool:
    """Whether a reader that opened something before `since` has ended."""
    return now - since >= READER_GRACE


def manifests_prefix(collection: str, uid: str, shard: int) -> str:
    """Under this prefix stand the manifests of a shard."""
    return f"{shard_prefix(collection, uid, shard)}/manifests/"


def segments_prefix(collection: str, uid: str, shard: int) -> str:
    """Under this prefix stand the segments of a shard."""
    return f"{shard_prefix(collection, uid, shard)}/segments/"


def _version_of(info: ObjectInfo) -> int:
    """The version in a manifest's name."""
    return int(info.name.rpartition("/")[2].partition("-")[0])
