"""What no reader of this region needs any more: pure.

A reader that opened a version may read its segments for as long as a function can live. So everything stays that a
version served within the last hour names: that is, what the head names, and what the version named that was served
an hour ago (`oldest`); a segment of a version in between is in one of the two, or is younger than an hour.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from functions.region_sync.sync_plan import wanted_files
from shared.domain.paths import shard_prefix
from shared.index.manifest import Manifest
from shared.ports.objects import ObjectInfo

READER_GRACE: Final = timedelta(hours=1)
"""The longest life of a function that reads (cloud.google.com/functions/quotas: 60 minutes for HTTP)."""


class SweepReason(StrEnum):
    """Why an object goes."""

    SEGMENT_REPLACED = "segment_replaced"
    MANIFEST_SUPERSEDED = "manifest_superseded"
    COLLECTION_GONE = "collection_gone"


@dataclass(frozen=True)
class Removal:
    """An object to remove, if it is still at this generation."""

    name: str
    generation: int
    reason: SweepReason


def oldest_served(manifests: Iterable[ObjectInfo], now: datetime) -> ObjectInfo | None:
    """Of the manifests in the bucket the one that was served when the grace began; None: the first is younger."""
    served = [info for info in manifests if info.created_at <= now - READER_GRACE]
    return max(served, key=lambda info: info.name, default=None)


def plan_sweep(
    head: Manifest, oldest: Manifest, segments: Iterable[ObjectInfo], manifests: Iterable[ObjectInfo], now: datetime
) -> tuple[Removal, ...]:
    """What to remove of one shard, given the version that is served, the oldest that may be read, and the bucket."""
    needed = {file.name for manifest in (head, oldest) for file in wanted_files(manifest)}
    unneeded = [
        Removal(info.name, info.generation, SweepReason.SEGMENT_REPLACED)
        for info in segments
        if info.name not in needed and info.created_at <= now - READER_GRACE
    ]
    first_kept = min(head.version, oldest.version)
    superseded = [
        Removal(info.name, info.generation, SweepReason.MANIFEST_SUPERSEDED)
        for info in manifests
        if _version_of(info) < first_kept
    ]
    return (*unneeded, *superseded)


def plan_removal(objects: Iterable[ObjectInfo], abandoned_since: datetime, now: datetime) -> tuple[Removal, ...]:
    """What to remove of a collection that was deleted: everything, when its last readers are done."""
    if now - abandoned_since < READER_GRACE:
        return ()
    return tuple(Removal(info.name, info.generation, SweepReason.COLLECTION_GONE) for info in objects)


def manifests_prefix(collection: str, uid: str, shard: int) -> str:
    """Under this prefix stand the manifests of a shard."""
    return f"{shard_prefix(collection, uid, shard)}/manifests/"


def segments_prefix(collection: str, uid: str, shard: int) -> str:
    """Under this prefix stand the segments of a shard."""
    return f"{shard_prefix(collection, uid, shard)}/segments/"


def _version_of(info: ObjectInfo) -> int:
    """The version in a manifest's name."""
    return int(info.name.rpartition("/")[2].partition("-")[0])
